"""
A driver that does one thing wrong, to test the runner; the rest it leaves to the reference.

    misbehaving.py --fault crash --on link-decode
"""

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NoReturn

FAULTS = (
    "none",
    "accepts-everything",
    "closes-stdout",
    "crash",
    "crash-once",
    "deaf",
    "dies-at-start",
    "errored",
    "floods-stderr",
    "floods-stdout",
    "ignores-stop",
    "late",
    "leaves-child",
    "no-hello",
    "not-json",
    "partial-line",
    "rejects-everything",
    "skips",
    "two-answers",
    "unknown-code",
    "unknown-field",
    "verdict-level",
    "wrong-code",
    "wrong-output",
    "wrong-seq",
)


def main() -> None:
    """Answer the lines of standard input, with the fault where it is due."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--fault", choices=FAULTS, required=True)
    parser.add_argument("--on", default="", help="only where the id of the case has this in it")
    parser.add_argument("--state", type=Path, help="where crash-once and leaves-child take notes")
    options = parser.parse_args()

    if options.fault == "dies-at-start":
        die("no licence found")
    if options.fault == "leaves-child":
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        options.state.write_text(str(child.pid))
    import_when_needed("payy_ref.crypto.compiled")
    for line in sys.stdin.buffer:
        answer_or_fail(line, options)
    if options.fault == "ignores-stop":
        sleep_forever()


def import_when_needed(name: str) -> None:
    """Put off the import of a module that takes most of the start, and that few cases use."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(name)
    spec.loader = importlib.util.LazyLoader(spec.loader)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    # Found in its package, it is not looked at, which would import it.
    package, _, own_name = name.rpartition(".")
    setattr(sys.modules[package], own_name, module)


def answer_or_fail(line: bytes, options: argparse.Namespace) -> None:
    """Answer one line."""
    # After the import that it puts off.
    from payy_ref.driver.reference import answer_line  # noqa: PLC0415

    try:
        request = json.loads(line)
        command = request.get("cmd")
    except (ValueError, RecursionError, AttributeError):
        request, command = {}, None
    if command == "hello" and options.fault == "no-hello":
        sleep_forever()
    if command == "stop" and options.fault == "ignores-stop":
        return
    text, stops = answer_line(line)
    if command == "hello" and options.fault == "verdict-level":
        text = json.dumps({**json.loads(text), "level": "verdict"})
    answer = json.loads(text)
    if command == "run" and options.on in request["id"] and "seq" in answer:
        before(options)
        write(after(options.fault, answer))
    else:
        write(text + "\n")
    if command == "hello" and options.fault == "deaf":
        sleep_forever()
    if stops:
        sys.exit(0)


def before(options: argparse.Namespace) -> None:
    """Do what goes wrong before there is an answer."""
    match options.fault:
        case "crash":
            die("index out of bounds")
        case "crash-once" if not options.state.exists():
            options.state.touch()
            die("index out of bounds")
        case "late":
            sleep_forever()
        case "closes-stdout":
            os.close(1)
            sleep_forever()
        case "floods-stderr":
            for number in range(20_000):
                sys.stderr.write(f"{number}: a line of a driver that logs far too much\n")
        case "floods-stdout":
            while True:
                write("x" * 65536)


def after(fault: str, answer: dict[str, Any]) -> str:
    """Spoil an answer."""
    rejected = answer["result"] == "rejected"
    sequence = {"seq": answer["seq"]}
    match fault:
        case "wrong-seq":
            answer["seq"] += 1
        case "unknown-field":
            answer["gas"] = "21000"
        case "not-json":
            return "Segmentation fault (not really)\n"
        case "wrong-output" if not rejected:
            answer["output"] = spoiled(answer["output"])
        case "wrong-code" if rejected:
            answer["error"] = "BORSH_TRAILING_BYTES"
        case "unknown-code" if rejected:
            answer["error"] = "NO_SUCH_CODE"
        case "accepts-everything" if rejected:
            answer = {**sequence, "result": "accepted", "output": {}}
        case "rejects-everything":
            answer = {**sequence, "result": "rejected", "error": "MALFORMED_INPUT"}
        case "skips":
            answer = {**sequence, "result": "skipped", "reason": "not written yet"}
        case "errored":
            answer = {**sequence, "result": "errored", "message": "out of memory"}
        case "verdict-level" if rejected:
            del answer["error"]
        case "partial-line":
            write(json.dumps(answer)[:20])
            sleep_forever()
        case "two-answers":
            return 2 * (json.dumps(answer) + "\n")
    return json.dumps(answer) + "\n"


def spoiled(output: dict[str, Any]) -> dict[str, Any]:
    """Change the last digit of the first text, or turn the first boolean round."""
    name = min(output)
    value = output[name]
    if isinstance(value, str):
        value = value[:-1] + ("1" if value.endswith("0") else "0")
    elif isinstance(value, bool):
        value = not value
    return {**output, name: value}


def write(text: str) -> None:
    """Write at once, like a driver that flushes."""
    sys.stdout.write(text)
    sys.stdout.flush()


def die(last_words: str) -> NoReturn:
    """Exit like a process that met a fault."""
    sys.stderr.write(f"misbehaving driver: {last_words}\n")
    sys.stderr.flush()
    os._exit(3)


def sleep_forever() -> NoReturn:
    """Wait to be killed."""
    while True:
        time.sleep(600)


if __name__ == "__main__":
    main()
