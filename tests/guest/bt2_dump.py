"""Print every event that Babeltrace's Python bindings find in a trace, one JSON object a line.

Run by Debian's own Python, for which Debian's package has the bindings. Bytes stand as lists of integers.
"""

import json
import sys
from typing import Any

import bt2


def plain(field: Any) -> Any:
    """What a field holds, as JSON has it."""
    if isinstance(field, bt2._StructureFieldConst):
        return {name: plain(member) for name, member in field.items()}
    if isinstance(field, bt2._ArrayFieldConst):
        return [plain(element) for element in field]
    if isinstance(field, bt2._StringFieldConst):
        # Babeltrace 2.0 forgets to empty a text that it uses again; its length is right.
        return str(field) if len(field) else ""
    return int(field)


def main(trace: str) -> None:
    """Dump a trace."""
    for message in bt2.TraceCollectionMessageIterator(trace):
        if type(message) is bt2._DiscardedEventsMessageConst:
            print(json.dumps({"discarded": message.count}))
        if type(message) is not bt2._EventMessageConst:
            continue
        event = message.event
        fields: dict[str, Any] = {}
        for part in (event.common_context_field, event.specific_context_field, event.payload_field):
            fields.update(plain(part) if part is not None else {})
        said = {
            "name": event.name,
            "time": message.default_clock_snapshot.ns_from_origin,
            "cpu": int(event.packet.context_field["cpu_id"]),
            "fields": fields,
        }
        print(json.dumps(said))

main(sys.argv[1])
