"""What is said and asked of simulated clips: prompts, what goes wrong, questions with known answers."""
