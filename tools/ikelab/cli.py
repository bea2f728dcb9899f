"""`tools/lab`: list scenarios, fetch the daemons, run scenarios and write captures with their facts."""

import argparse
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ikelab import cut, facts, needs, packets, pki
from ikelab.network import LabError, sweep
from ikelab.play import Interrupted, Played, play
from ikelab.scenario import Cut, Scenario
from ikelab.scenarios import CUTS, SCENARIOS
from ikelab.secrets import Secrets
from ikelab.truth import happened


def main(arguments: list[str] | None = None) -> int:
    """Run the command; the exit status is 0, 1 if a scenario failed, 2 if the lab cannot run here."""
    parser = argparse.ArgumentParser(prog="tools/lab", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="list the scenarios")
    commands.add_parser("missing", help="say what this machine lacks to run them")
    commands.add_parser(
        "fetch", help="download Debian's packages of the daemons and unpack them beside the lab"
    )
    commands.add_parser("install", help="install with apt what a bare Debian lacks, then fetch the daemons")
    run = commands.add_parser("run", help="run scenarios and write NAME.pcap and NAME.toml of each")
    run.add_argument("name", nargs="*", help="scenarios, or derived captures")
    run.add_argument("--all", action="store_true", help="run every scenario")
    run.add_argument(
        "-o", "--into", type=Path, default=Path(), metavar="DIR", help="where captures are written"
    )
    run.add_argument("-j", "--jobs", type=int, default=4, help="scenarios at a time")
    run.add_argument("--logs", type=Path, metavar="DIR", help="keep logs and configurations here")
    options = parser.parse_args(arguments)
    if options.command == "list":
        return _list()
    if options.command in ("fetch", "install"):
        return _provide(needs.fetch if options.command == "fetch" else needs.install)
    if options.command == "missing":
        return _missing({"strongswan", "libreswan", "ike-scan", "vpnc"})
    return _run(parser, options)


def _list() -> int:
    # Whoever reads no further than the first lines, as `head` does, has seen enough.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    for scenario in SCENARIOS.values():
        print(f"{scenario.name:<58} {scenario.shows}")
    for derived in CUTS.values():
        print(f"{derived.name:<58} {derived.shows} (of {derived.of})")
    return 0


def _provide(provide: Callable[[], None]) -> int:
    try:
        provide()
    except (OSError, subprocess.CalledProcessError, LabError) as error:
        print(f"tools/lab: {error}", file=sys.stderr)
        return 2
    return 0


def _missing(daemons: set[str]) -> int:
    found = needs.missing(daemons)
    for line in found:
        print(f"tools/lab: missing {line}", file=sys.stderr)
    return 2 if found else 0


def _run(parser: argparse.ArgumentParser, options: argparse.Namespace) -> int:
    names = list(SCENARIOS) + list(CUTS) if options.all else options.name
    unknown = [name for name in names if name not in SCENARIOS and name not in CUTS]
    if unknown or not names:
        parser.error(f"no such scenario: {', '.join(unknown)}" if unknown else "name a scenario, or --all")
    cuts = [CUTS[name] for name in names if name in CUTS]
    wanted = dict.fromkeys(
        [name for name in names if name in SCENARIOS] + [cut.source_of(one) for one in cuts]
    )
    scenarios = [SCENARIOS[name] for name in wanted]
    kept = [name for name in _written(scenarios, cuts) if (options.into / f"{name}.toml").exists()]
    if kept:
        parser.error(f"{options.into}: has facts of {kept[0]} already, and they are never written over")
    peers: set[str] = {peer.software for one in scenarios for peer in (one.initiator, one.responder)}
    if _missing(peers - {"none"}):
        return 2
    sweep()
    options.into.mkdir(parents=True, exist_ok=True)
    lab = Lab(options.into, options.logs)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="ikelab-") as folder:
        failed = lab.run_all(scenarios, Path(folder), options.jobs)
    for one in cuts:
        if cut.source_of(one) not in failed:
            cut.derive(one, options.into)
    return 1 if failed or lab.stop.is_set() else 0


def _written(scenarios: list[Scenario], cuts: list[Cut]) -> list[str]:
    """Return the base names of all captures that a run yields."""
    return [name for one in scenarios for name in one.files().values()] + [one.name for one in cuts]


class Lab:
    """Runs scenarios, some at a time, and keeps what they yield."""

    def __init__(self, into: Path, logs: Path | None) -> None:
        self.into = into
        self.logs = logs
        self.stop = threading.Event()

    def run_all(self, scenarios: list[Scenario], folder: Path, jobs: int) -> list[str]:
        """Run scenarios and return the names of those that failed."""
        certificates = folder / "pki"
        certificates.mkdir()
        kinds = {peer.certificate for one in scenarios for peer in (one.initiator, one.responder)}
        pki.make(certificates, kinds)
        pki.make_nss(certificates, {peer.certificate for one in scenarios for peer in one.peers("libreswan")})
        needs.stand_in(certificates)
        failed: list[str] = []
        with ThreadPoolExecutor(jobs) as pool:
            try:
                for name, error in pool.map(lambda one: self._run(one, folder, certificates), scenarios):
                    failed += [name] if error else []
            except KeyboardInterrupt:
                self.stop.set()
                print("stopping: ending what runs", file=sys.stderr)
        return failed

    def _run(self, scenario: Scenario, folder: Path, certificates: Path) -> tuple[str, bool]:
        began = time.monotonic()
        error: Exception | None = None
        try:
            if not self.stop.is_set():
                self.keep(play(scenario, folder, certificates, self.stop))
        except (LabError, OSError, subprocess.TimeoutExpired) as caught:
            error = caught
        except Interrupted:
            return scenario.name, True
        if self.logs is not None:
            shutil.copytree(folder / scenario.name, self.logs / scenario.name, dirs_exist_ok=True,
                            ignore=shutil.ignore_patterns("vici", "run", "nss"))  # fmt: skip
        took = time.monotonic() - began
        print(f"{scenario.name}: {'FAILED: ' + str(error) if error else f'{took:.0f} s'}", flush=True)
        return scenario.name, error is not None

    def keep(self, played: Played) -> None:
        """Write captures, facts and keys of a scenario."""
        for place, name in played.scenario.files().items():
            path = self.into / f"{name}.pcap"
            shutil.copy(played.captures[place], path)
            facts.write(path.with_suffix(".toml"), facts.facts_of(played, place))
            told = self._secrets(played, path)
            if told:
                rows = (f"{cookie.hex()},{one.key}\n" for cookie, one in told)
                path.with_suffix(".keys").write_text("".join(rows))
            if told and all("shared_secret" in one.known for _, one in told):
                tables = [one.toml(cookie, self._psk(played)) for cookie, one in told]
                path.with_suffix(".secrets").write_text("\n".join(tables))

    @staticmethod
    def _secrets(played: Played, capture: Path) -> list[tuple[bytes, Secrets]]:
        """Return initiator cookies with what either daemon told of their keys, who tells more first."""
        attempts = happened(played)
        quick = {one.cookies[0]: one.message_id for one in packets.read(capture) if _is_quick(one)}
        for own in sorted(played.secrets.values(), key=_tells_most):
            if own and len(own) == len(attempts):
                found = [(one.cookie, secrets) for one, secrets in zip(attempts, own, strict=True)]
                for cookie, secrets in found:
                    if 0 in secrets.quick and cookie in quick:
                        secrets.quick = {quick[cookie]: secrets.quick[0]}
                return found
        return []

    @staticmethod
    def _psk(played: Played) -> str | None:
        """Return the pre-shared key of both, where phase 1 has one."""
        ends = (played.scenario.initiator, played.scenario.responder)
        secrets = {peer.secret for peer in ends if "psk" in peer.auth}
        return secrets.pop() if len(secrets) == 1 else None


def _is_quick(message: packets.Seen) -> bool:
    return bool(message.payload) and message.version == 1 and message.exchange == packets.QUICK


def _tells_most(secrets: list[Secrets]) -> int:
    return -min((len(one.known) for one in secrets), default=0)
