"""Runs user code like a REPL cell: statements run, the last expression becomes the value.

Used by both engines, so it needs nothing but the standard library and touches no process state.
"""
import ast
import linecache
import sys

MAX_TRACEBACK = 16_000
MAX_JSON_DEPTH = 32
SAFE_INTEGER = 2**53 - 1  # larger ones would lose digits in a JavaScript reader
TOP_LEVEL_AWAIT = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
COROUTINE_FLAG = 0x80  # inspect.CO_COROUTINE, without paying for the import


class Evaluator:
    def __init__(self):
        self.cells = 0
        module = type(sys)("__main__")  # so that pickle and multiprocessing find what the code defines
        module.__builtins__ = __builtins__
        sys.modules["__main__"] = module
        self.globals = module.__dict__

    def run(self, code, max_value):
        """Returns {value, value_json?, exit_code?, interrupted?, error?}; never raises for what user code does."""
        self.cells += 1
        filename = "<code>" if self.cells == 1 else f"<code {self.cells}>"
        linecache.cache[filename] = (len(code), None, [line + "\n" for line in code.split("\n")], filename)
        try:
            value = self._evaluate(code, filename)
            outcome = describe_value(value, max_value)
            if value is not None:
                self.globals["_"] = value
            save_figures()
            return outcome
        except SystemExit as stop:
            return exit_outcome(stop)
        except BaseException as error:  # KeyboardInterrupt too: it is how a timeout arrives
            outcome = {"value": None, "error": describe_error(error, filename)}
            if isinstance(error, KeyboardInterrupt):
                outcome["interrupted"] = True
            return outcome

    def _evaluate(self, code, filename):
        tree = compile(code, filename, "exec", ast.PyCF_ONLY_AST | TOP_LEVEL_AWAIT)
        last = None
        if tree.body and isinstance(tree.body[-1], ast.Expr):
            last = ast.Expression(tree.body.pop().value)
        if tree.body:
            self._run_code(compile(tree, filename, "exec", TOP_LEVEL_AWAIT))
        if last is None:
            return None
        return self._run_code(compile(last, filename, "eval", TOP_LEVEL_AWAIT))

    def _run_code(self, compiled):
        result = eval(compiled, self.globals)
        if compiled.co_flags & COROUTINE_FLAG:
            import asyncio

            return asyncio.run(result)
        return result


def describe_value(value, max_value):
    if value is None:
        return {"value": None}
    text = repr(value)
    if not isinstance(text, str):
        raise TypeError("__repr__ returned non-string")
    outcome = {"value": text}
    if len(text) > max_value:
        outcome = {"value": text[:max_value] + " ... [value truncated]", "value_truncated": True}
    elif is_json(value, 0):
        outcome["value_json"] = value
    return outcome


def is_json(value, depth):
    """True where JSON gives back exactly this value; so no tuples, sets, NaN or subclasses."""
    kind = type(value)
    if value is None or kind is bool or kind is str:
        return kind is not str or value.isascii() or not any("\ud800" <= char <= "\udfff" for char in value)
    if kind is int:
        return -SAFE_INTEGER <= value <= SAFE_INTEGER
    if kind is float:
        return value - value == 0  # false for NaN and the infinities
    if depth >= MAX_JSON_DEPTH:
        return False
    if kind is list:
        return all(is_json(item, depth + 1) for item in value)
    if kind is dict:
        return all(type(key) is str and is_json(key, 0) and is_json(item, depth + 1) for key, item in value.items())
    return False


def exit_outcome(stop):
    code = stop.code
    if code is None:
        return {"value": None, "exit_code": 0}
    if isinstance(code, int):
        outcome = {"value": None, "exit_code": int(code)}
        if code == 0:
            return outcome
    else:
        outcome = {"value": None, "exit_code": 1}
    outcome["error"] = {"type": "SystemExit", "message": str(code)[:2000], "traceback": ""}
    return outcome


def type_name(error):
    kind = type(error)
    if kind.__module__ in ("builtins", "__main__"):
        return kind.__qualname__
    return f"{kind.__module__}.{kind.__qualname__}"


def describe_error(error, filename):
    """The traceback starts at the first frame of user code; the frames of this file are of no use to a reader."""
    try:
        name = type_name(error)
        try:
            message = str(error)[:4000]
        except BaseException:
            message = "<message not available>"
        import traceback

        frames = error.__traceback__
        while frames is not None and not frames.tb_frame.f_code.co_filename.startswith("<code"):
            frames = frames.tb_next
        text = "".join(traceback.format_exception(type(error), error, frames))
        if len(text) > MAX_TRACEBACK:
            text = text[: MAX_TRACEBACK // 2] + "\n... [traceback shortened] ...\n" + text[-MAX_TRACEBACK // 2 :]
        return {"type": name, "message": message, "traceback": text}
    except BaseException as failure:  # no memory left, or a hostile __str__: still say which error it was
        return {"type": type(error).__name__, "message": "", "traceback": f"({type(failure).__name__} while formatting)"}


def save_figures():
    """Open matplotlib figures become PNG files, which are then artifacts like any other file."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is None:
        return
    for number in list(pyplot.get_fignums())[:20]:
        pyplot.figure(number).savefig(f"figure-{number}.png")
    pyplot.close("all")
