"""What happens to bodies: sudden changes of motion, contacts, and what comes into and out of sight."""
