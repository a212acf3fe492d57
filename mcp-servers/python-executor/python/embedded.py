"""One execution inside Pyodide; the counterpart of supervisor.py where there are no processes."""
import binascii
import json
import os
import sys

evaluator = Evaluator()
sys.path.insert(0, "/sandbox")
sys.argv = [""]
sys.dont_write_bytecode = True
for name in ("js", "pyodide_js"):  # the doors to JavaScript; the finder that served them has forgotten them too
    sys.modules.pop(name, None)


def execute(command_text, limits_text):
    command, limits = json.loads(command_text), json.loads(limits_text)
    problem = None
    for file in command["files"]:
        try:
            folder = os.path.dirname(file["path"])
            if folder:
                os.makedirs(os.path.join("/sandbox", folder), exist_ok=True)
            with open(os.path.join("/sandbox", file["path"]), "wb") as target:
                target.write(binascii.a2b_base64(file["base64"]))
        except OSError as error:
            problem = f"cannot write {file['path']}: {error.strerror}"
    before = snapshot("/sandbox")
    result = None if problem else explain(evaluator.run(command["code"], limits["value_chars"]))
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:
            pass
    kept, skipped = collect("/sandbox", before, limits["artifact_files"], limits["artifact_bytes"])
    artifacts = [{"path": path, "base64": binascii.b2a_base64(content, newline=False).decode()} for path, content in kept]
    return json.dumps({"result": result, "problem": problem, "skipped": skipped, "artifacts": artifacts})


def explain(result):
    """Pyodide advises to install from the network, which there is none of; say what is true here."""
    error = result.get("error")
    if error and error["type"] == "ModuleNotFoundError":
        first = error["message"].split("\n")[0]
        error["message"] = f"{first} (the embedded Python has the standard library only; other packages need CPython)"
        error["traceback"] = error["traceback"].split("\nThe module ")[0].rstrip() + "\n" + error["message"] + "\n"
    return result
