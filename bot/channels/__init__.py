"""One file per platform; each turns the platform's protocol into `Inbound` and `Message` into the platform's."""
