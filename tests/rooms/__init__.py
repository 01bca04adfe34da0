"""The rooms of the house: the table in docs/architecture.md, and what files import, include and call, held to it."""
