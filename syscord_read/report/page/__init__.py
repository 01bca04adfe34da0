"""The page that ``syscord report`` writes."""
