"""The test apparatus: authorities, TLS index servers, many pips, proxies, and runs of them.

Everything is real (sockets, certificates, processes) and local to this machine and to one test.
"""
