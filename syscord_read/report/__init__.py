"""``syscord report``: one page to look at, complete in itself."""
