"""CREATE TRIGGER in a minimal form: conditions, assignments to :NEW, and RAISE_APPLICATION_ERROR.

A body that says nothing but the name of a procedure, which is none here, makes an invalid trigger,
as a missing object does in Oracle: ORA-04098 for each row.  Any other body is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from oracle_standin.sql.lexer import Token, closing, literal, paren_step, quoted, split_commas
from oracle_standin.sql.messages import error

if TYPE_CHECKING:
    from .statement import Statement

_EVENTS = ("INSERT", "UPDATE", "DELETE")
_ROW = {":NEW": "NEW", ":OLD": "OLD", "NEW": "NEW", "OLD": "OLD"}
_MARK = re.compile(r'"ORA\$ROW_(NEW|OLD)_([^"]+)"')


@dataclass
class _Trigger:
    """The head of a trigger."""

    s: Statement
    owner: str
    name: str
    when: str = ""  # BEFORE or AFTER
    events: list[str] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)  # UPDATE OF
    target: str = ""
    oid: int = 0
    each_row: bool = False

    @property
    def full(self) -> str:
        return f"{self.owner}.{self.s.dictionary.full(self.name)}"


def create_trigger(s: Statement, i: int, prefixes: set[str]) -> None:
    if not s.session.release.rules.triggers:
        raise error(3001, "CREATE TRIGGER")
    schema, name, i = s.object_name(i)
    trigger = _Trigger(s, s.owner(schema), name)
    s.session.access.require_create(trigger.owner, "TRIGGER")
    known = s.work.value(
        "SELECT 1 FROM ora.trig WHERE owner = %s AND name = %s", trigger.owner, name
    )
    if known and "REPLACE" not in prefixes:
        raise error(4081, name)
    if known:
        _remove(s, trigger.owner, name)
    i = _head(trigger, i)
    condition, i = _condition(trigger, i)
    body, is_valid = _body(trigger, i)
    _make(trigger, condition, body, is_valid=is_valid)


def _head(trigger: _Trigger, i: int) -> int:
    """Take BEFORE | AFTER events ON table [FOR EACH ROW]; gives the index behind it."""
    s = trigger.s
    trigger.when = s.word(i)
    if trigger.when not in ("BEFORE", "AFTER"):
        raise error(3001, f"CREATE TRIGGER .. {trigger.when}")
    i = _take_events(trigger, i + 1)
    if s.word(i) != "ON" or not trigger.events:
        raise error(4079)
    schema, table, i = s.object_name(i + 1)
    trigger.oid = s.table(schema, table, "ALTER")
    trigger.target = s.qualified(schema, table)
    if [s.word(k) for k in range(i, i + 3)] == ["FOR", "EACH", "ROW"]:
        trigger.each_row = True
        i += 3
    return i


def _take_events(trigger: _Trigger, i: int) -> int:
    """Take INSERT, UPDATE and DELETE with OR between them, and the columns of UPDATE OF."""
    s = trigger.s
    while s.word(i) in (*_EVENTS, "OR"):
        if s.word(i) != "OR":
            trigger.events.append(s.word(i))
        i += 1
    if s.word(i) != "OF":
        return i
    end = next(k for k in range(i, len(s.tokens)) if s.word(k) in ("ON", "OR"))
    trigger.columns = s.name_list(s.tokens[i + 1 : end])
    return end


def _condition(trigger: _Trigger, i: int) -> tuple[str, int]:
    if trigger.s.word(i) != "WHEN":
        return "", i
    end = closing(trigger.s.tokens, i + 1)
    return _expression(trigger, trigger.s.tokens[i + 2 : end]), end + 1


def _body(trigger: _Trigger, i: int) -> tuple[str, bool]:
    """Translate what is between BEGIN and END to PL/pgSQL, and tell whether it is valid."""
    s = trigger.s
    tokens = s.tokens[i:]
    if tokens and tokens[-1].text == "/":
        tokens.pop()
    if s.word(i) != "BEGIN" or "END" not in [token.word for token in tokens[-3:]]:
        raise error(3001, f"CREATE TRIGGER .. {s.word(i)}")
    last = max(k for k, token in enumerate(tokens) if token.word == "END")
    parts = _statements(tokens[1:last])
    if len(parts) == 1 and len(parts[0]) == 1 and parts[0][0].word != "NULL":
        return "", False
    return " ".join(_statement(trigger, part) for part in parts), True


def _statements(tokens: list[Token]) -> list[list[Token]]:
    """Split a body into statements, which semicolons, THEN and ELSE end."""
    parts: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        depth += paren_step(token)
        if token.text == ";" and depth == 0:
            parts.append([])
            continue
        parts[-1].append(token)
        if token.word in ("THEN", "ELSE"):
            parts.append([])
    return [part for part in parts if part]


def _statement(trigger: _Trigger, part: list[Token]) -> str:
    word = part[0].word
    if word in ("IF", "ELSIF") and part[-1].word == "THEN":
        return f"{word} {_expression(trigger, part[1:-1])} THEN"
    if [token.word for token in part] in (["ELSE"], ["END", "IF"]):
        return "ELSE" if word == "ELSE" else "END IF;"
    if [token.word for token in part] == ["NULL"]:
        return "NULL;"
    if word == "RAISE_APPLICATION_ERROR" and part[1].text == "(":
        return _raise(trigger, part)
    if word.upper() == ":NEW" and len(part) > 3 and part[3].text == ":=":
        column = quoted(trigger.s.identifier(part[2]))
        return f"NEW.{column} := {_expression(trigger, part[4:])};"
    raise error(3001, f"CREATE TRIGGER .. {word}")


def _raise(trigger: _Trigger, part: list[Token]) -> str:
    number, text, *_ = split_commas(part[2:-1])
    code = int("".join(token.text for token in number).replace(" ", ""))
    if not -20999 <= code <= -20000:
        code = -21000
    where = (
        f'\nORA-06512: at "{trigger.full}", line 1'
        f"\nORA-04088: error during execution of trigger '{trigger.full}'"
    )
    said = f"({_expression(trigger, text)})::text || {literal(where)}"
    return f"PERFORM ora.raise({-code}, {said});"


def _expression(trigger: _Trigger, tokens: list[Token]) -> str:
    """Translate an expression with :NEW.column and :OLD.column (NEW.column in WHEN)."""
    s = trigger.s
    parts: list[str] = []
    k = 0
    while k < len(tokens):
        row = _ROW.get(tokens[k].word.replace(" ", "").upper())
        if row and k + 2 < len(tokens) and tokens[k + 1].text == ".":
            parts.append(f'"ORA$ROW_{row}_{s.identifier(tokens[k + 2])}"')
            k += 3
            continue
        parts.append(tokens[k].text)
        k += 1
    text = s.session.translator.expression(" ".join(parts))
    return _MARK.sub(lambda m: f'{m[1]}."{m[2]}"', text)


def _make(trigger: _Trigger, condition: str, body: str, *, is_valid: bool) -> None:
    s = trigger.s
    if not is_valid:
        said = f"trigger '{trigger.full}' is invalid and failed re-validation"
        body = f"PERFORM ora.raise(4098, {literal(said)});"
    elif condition:
        body = f"IF {condition} THEN {body} END IF;"
    function = f'ora."trig_{trigger.owner}.{trigger.name}"'
    s.work.run(
        f"CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $body$ "
        f"BEGIN {body} IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $body$"
    )
    events = " OR ".join(
        f"UPDATE OF {', '.join(map(quoted, trigger.columns))}"
        if event == "UPDATE" and trigger.columns
        else event
        for event in trigger.events
    )
    level = "ROW" if trigger.each_row or not is_valid else "STATEMENT"
    s.work.run(
        f"CREATE TRIGGER {quoted(trigger.name)} {trigger.when} {events} ON {trigger.target} "
        f"FOR EACH {level} EXECUTE FUNCTION {function}()"
    )
    kind = f"{trigger.when} {'EACH ROW' if trigger.each_row else 'STATEMENT'}"
    s.save(
        "INSERT INTO ora.trig VALUES (%s, %s, %s, %s, %s, 'ENABLED', %s)",
        *(trigger.owner, trigger.name, trigger.oid, kind, " OR ".join(trigger.events), is_valid),
    )


def drop_trigger(s: Statement, schema: str | None, name: str, *, if_exists: bool) -> None:
    if not _remove(s, s.owner(schema), name) and not if_exists:
        raise error(4080, name)


def _remove(s: Statement, owner: str, name: str) -> bool:
    target = _target(s, owner, name)
    if target:
        s.work.run(f"DROP TRIGGER IF EXISTS {quoted(name)} ON {target}")
        s.save("DELETE FROM ora.trig WHERE owner = %s AND name = %s", owner, name)
    return bool(target)


def _target(s: Statement, owner: str, name: str) -> str | None:
    found: str | None = s.work.value(
        "SELECT format('%%I.%%I', n.nspname, c.relname) FROM ora.trig t JOIN pg_class c "
        "ON c.oid = t.relid JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE t.owner = %s AND t.name = %s",
        *(owner, name),
    )
    return found


def alter_trigger(s: Statement) -> None:
    """Run ALTER TRIGGER .. ENABLE and DISABLE."""
    schema, name, i = s.object_name(2)
    action = s.word(i)
    target = _target(s, s.owner(schema), name)
    if target is None:
        raise error(4080, name)
    if action not in ("ENABLE", "DISABLE"):
        raise error(3001, f"ALTER TRIGGER {action}")
    s.work.run(f"ALTER TABLE {target} {action} TRIGGER {quoted(name)}")
    s.save(
        "UPDATE ora.trig SET status = %s WHERE owner = %s AND name = %s",
        *(action + "D", s.owner(schema), name),
    )
