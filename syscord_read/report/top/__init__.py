"""``syscord top``: the busiest processes, files and peers, once or live."""
