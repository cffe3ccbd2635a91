"""What every folder needs: errors, registry, digests, files, optional extras. No dependencies."""
