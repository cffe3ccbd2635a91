"""Does a clip's truth obey the laws? Read from states and contacts alone, never from what was done to them."""
