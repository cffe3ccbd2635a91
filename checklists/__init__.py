"""What is asked of a video: laws, questions, scales, cases and suites, as data with a schema."""
