"""Training of judges that are vision-language models: data, steps, early stopping, the ablation."""
