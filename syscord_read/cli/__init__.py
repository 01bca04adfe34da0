"""The command ``syscord``: a file for each subcommand, and what they share."""
