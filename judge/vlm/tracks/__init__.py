"""Point tracks put to use by vision-language judges: as attention, as text and as drawn trails."""
