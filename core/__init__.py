"""What every folder needs: errors, registry, digests, files, fields of JSON and TOML, optional extras. No dependencies."""
