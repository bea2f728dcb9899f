"""Nothing leaves the machine but through the gate of a replay."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2] / "ikepcap"
SENDING = {"send", "sendto", "sendmsg", "sendp", "sr", "sr1"}


def _calls(file: Path) -> list[ast.Call]:
    return [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call)]


def test_sockets_are_opened_in_one_module() -> None:
    found = set()
    for file in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if "socket" in names:
                found.add(file.relative_to(ROOT).as_posix())
    assert found == {"replay/transport.py"}


def test_every_datagram_is_admitted_before_it_is_sent() -> None:
    """The one function that calls a socket's send asks the gate first."""
    tree = ast.parse((ROOT / "replay/transport.py").read_text())
    senders = []
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
        names = [node.func.attr for node in calls if isinstance(node.func, ast.Attribute)]
        raw = [node.lineno for node in calls if isinstance(node.func, ast.Attribute)
               and node.func.attr in SENDING and ast.unparse(node.func.value) == "chosen"]  # fmt: skip
        if raw:
            senders.append(function.name)
            gate = [node.lineno for node in calls if ast.unparse(node.func) == "self._gate.admit"]
            assert gate
            assert min(raw) > max(gate)
        elif "sendto" in names:
            raise AssertionError(function.name)
    assert senders == ["send"]
