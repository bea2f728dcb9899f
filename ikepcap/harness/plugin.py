"""The pytest plugin: facts beside captures are tests, and tests in Python have the fixture `ike`.

pytest loads this in every session where ikepcap is installed, so it imports nothing of the analysis before a
file of facts or the fixture is there. `-p no:ikepcap` turns it off.

Facts (`ikepcap.facts` says what they are) are collected wherever pytest looks: `pytest captures/`. Those that
nobody has confirmed, `reviewed = false`, are compared all the same, shown as `u` or `PASSED (unreviewed)` and
counted at the end; `--ike-strict` lets them fail. `--ike-update` writes golden reports, never facts.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from ikepcap.harness.ike import Ike

MARK = ("ikepcap", "unreviewed")
"""The property of a test whose facts nobody has confirmed; JUnit shows it, xdist passes it on."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options and settings."""
    group = parser.getgroup("ikepcap", "IKE captures")
    group.addoption(
        "--ike-update",
        action="store_true",
        help="write golden reports that are missing or differ, and fail once so that somebody looks at them",
    )
    group.addoption(
        "--ike-strict", action="store_true", help="let facts fail that are marked 'reviewed = false'"
    )
    parser.addini(
        "ike_captures",
        "folders in which the fixture 'ike' looks for captures besides that of the test, from the rootdir",
        type="args",
        default=[],
    )


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> "FactsFile | None":
    """Collect a file of facts; leave all other files alone."""
    if file_path.suffix != ".toml":
        return None
    from ikepcap.facts.file import is_facts

    return FactsFile.from_parent(parent, path=file_path) if is_facts(file_path) else None


class FactsFile(pytest.File):
    """A file of facts."""

    def collect(self) -> "Iterator[FactsItem]":
        """Yield the one test: the capture beside it is as the facts say."""
        yield FactsItem.from_parent(self, name="facts")


class FactsItem(pytest.Item):
    """A capture against the facts beside it."""

    def runtest(self) -> None:
        """Analyze and compare; a rule of the diagnosis that fails is an error here."""
        from ikepcap.facts.verdict import check, verdict_lines

        verdict = check(self.path, strict=True)
        if not verdict.facts.is_reviewed:
            self.user_properties.append(MARK)
        if not verdict.holds:
            raise FactsFailedError("\n".join(verdict_lines(verdict)))
        if not verdict.facts.is_reviewed and self.config.getoption("--ike-strict"):
            raise FactsFailedError(
                f"{self.path}: unreviewed: confirm the facts and delete 'reviewed = false'"
            )

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Show what does not hold, without a traceback; what cannot be read, in its one line."""
        from ikepcap.errors import IkepcapError
        from ikepcap.renderers.page import Page

        if isinstance(excinfo.value, FactsFailedError):
            return str(excinfo.value)
        if isinstance(excinfo.value, IkepcapError):
            # It may quote what stands in the file.
            return Page().line(str(excinfo.value))
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Name the test by its file."""
        return self.path, None, f"facts of {self.path.stem}"


class FactsFailedError(AssertionError):
    """Facts that do not hold, as lines for people."""


@pytest.fixture
def ike(request: pytest.FixtureRequest) -> "Ike":
    """Analyze captures and say what must be true of them; `ikepcap.harness.ike.Ike` says how."""
    from ikepcap.harness.ike import Ike

    config = request.config
    folders = [request.path.parent, *(config.rootpath / one for one in config.getini("ike_captures"))]
    return Ike((*folders, config.rootpath), update=config.getoption("--ike-update"))


def _is_unreviewed(report: pytest.TestReport) -> bool:
    return any(tuple(one) == MARK for one in report.user_properties)


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    """Show a test that passed on facts nobody has confirmed as such."""
    if report.when == "call" and report.passed and _is_unreviewed(report):
        return "passed", "u", "PASSED (unreviewed)"
    return None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say at the end which facts are unreviewed."""
    reports = (one for key in ("passed", "failed") for one in terminalreporter.stats.get(key, ()))
    found = sorted({one.nodeid.partition("::")[0] for one in reports if _is_unreviewed(one)})
    if found:
        terminalreporter.write_sep("-", "unreviewed facts")
        for name in found:
            terminalreporter.write_line(name)
        terminalreporter.write_line("Nobody has confirmed these: read them, then delete 'reviewed = false'.")
