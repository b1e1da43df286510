"""What the project needs beside its package: the picture in the README."""
