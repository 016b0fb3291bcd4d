package netx

import (
	"syscall"

	"golang.org/x/sys/windows"
)

// translate gives what Windows says of a connection the name that all other systems have for it.
func translate(e syscall.Errno) syscall.Errno {
	switch e {
	case windows.WSAECONNREFUSED, windows.ERROR_CONNECTION_REFUSED:
		return syscall.ECONNREFUSED
	case windows.WSAECONNRESET, windows.WSAECONNABORTED, windows.WSAENETRESET,
		windows.ERROR_NETNAME_DELETED, windows.ERROR_CONNECTION_ABORTED:
		return syscall.ECONNRESET
	case windows.WSAESHUTDOWN, windows.ERROR_BROKEN_PIPE, windows.ERROR_NO_DATA:
		return syscall.EPIPE
	case windows.WSAETIMEDOUT, windows.ERROR_SEM_TIMEOUT:
		return syscall.ETIMEDOUT
	case windows.WSAEHOSTUNREACH, windows.ERROR_HOST_UNREACHABLE:
		return syscall.EHOSTUNREACH
	case windows.WSAENETUNREACH, windows.ERROR_NETWORK_UNREACHABLE:
		return syscall.ENETUNREACH
	case windows.WSAEADDRINUSE:
		return syscall.EADDRINUSE
	case windows.WSAEADDRNOTAVAIL:
		return syscall.EADDRNOTAVAIL
	case windows.WSAEACCES:
		return syscall.EACCES
	case windows.WSAEMFILE, windows.ERROR_TOO_MANY_OPEN_FILES:
		return syscall.EMFILE
	case windows.WSAENOBUFS:
		return syscall.ENOBUFS
	case windows.ERROR_NOT_ENOUGH_MEMORY, windows.ERROR_OUTOFMEMORY:
		return syscall.ENOMEM
	}
	return e
}
