"""``syscord convert``: recordings in the formats of other tools."""
