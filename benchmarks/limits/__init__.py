"""The yardsticks: as little code as the same job allows."""
