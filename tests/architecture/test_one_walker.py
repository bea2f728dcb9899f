"""Rules of the house that an import contract cannot say."""

import ast
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "ikepcap"
GENERIC_HEADER_READERS = {"walk.py", "build.py"}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def test_only_the_walker_advances_by_a_length_it_read() -> None:
    """A second loop over next-payload fields would be a second parser, and two parsers disagree."""
    suspects = []
    for path in modules():
        if "wire" not in path.parts or path.name in GENERIC_HEADER_READERS:
            continue
        suspects += [
            f"{path.name}:{node.lineno}"
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.While) and "next" in ast.unparse(node.test)
        ]
    assert suspects == []
    for path in modules():
        names = {node.id for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Name)}
        assert "next_payload" not in names or path.name in {"message.py", "build.py"}, path


def test_only_the_command_line_prints_reads_the_environment_or_the_clock() -> None:
    forbidden = {"print", "input"}
    for path in modules():
        if path.parent.name in {"cli", "testing"}:
            continue
        tree = ast.parse(path.read_text())
        calls = {
            n.func.id for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)
        }
        assert not calls & forbidden, path
        attributes = {ast.unparse(n) for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
        assert not attributes & {"os.environ", "os.getenv", "time.time", "datetime.now", "sys.stdout"}, path


def test_no_file_is_longer_than_a_reader_can_hold() -> None:
    tables = {PACKAGE / "wire" / name for name in ("numbers.py", "vendor_ids.py", "details.py")}
    long = [p.name for p in modules() if p not in tables and len(p.read_text().splitlines()) > 320]
    assert long == []
