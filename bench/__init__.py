"""What syscord costs, measured beside its peers."""
