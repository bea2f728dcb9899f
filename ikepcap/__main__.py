"""`python -m ikepcap`: the same as the `ikepcap` command."""

from ikepcap.cli.main import main

if __name__ == "__main__":
    main()
