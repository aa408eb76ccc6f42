"""What happens, step by step: pure functions over frozen states. No Qt, no input or output, no clock."""
