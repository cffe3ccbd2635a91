"""The families of vision-language models that can judge: how each wants its frames and its prompt."""
