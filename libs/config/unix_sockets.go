package config

import (
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/config/text"
	"github.com/gatewayhomebrew/gateway/libs/hostname"
)

// Addresses that are no host:port.
const (
	// UnixScheme begins the address of a unix socket: unix:/run/app.sock, or unix:@name for one in
	// the abstract namespace of Linux.
	UnixScheme = hostname.UnixClient
	// SystemdScheme begins the address of a socket that systemd has passed: systemd:NAME.
	SystemdScheme = "systemd:"
)

// maxUnixPath is the longest path of a unix socket on Linux, in bytes. It is a few less elsewhere.
const maxUnixPath = 107

// OnNetwork says whether an address of a listener is host:port, and so has a port.
func OnNetwork(address string) bool {
	return !strings.HasPrefix(address, UnixScheme) && !strings.HasPrefix(address, SystemdScheme)
}

// besideSocket returns the address that a text means: the path of a unix socket is relative to the
// folder of the file it stands in.
func besideSocket(n *text.Node) string {
	path, ok := strings.CutPrefix(n.Text, UnixScheme)
	if !ok || path == "" || path[0] == '@' || path[0] == 0 {
		return n.Text
	}
	if !filepath.IsAbs(path) && n.At.File != nil {
		path = filepath.Join(filepath.Dir(*n.At.File), path)
	}
	return UnixScheme + filepath.Clean(path)
}

// checkUnix says what is wrong with the address of a unix socket.
func checkUnix(address string) error {
	switch path := strings.TrimPrefix(address, UnixScheme); {
	case path == "", path == "@", path == ".", path == "/":
		return errors.New("names no unix socket")
	case strings.ContainsRune(path, 0):
		return errors.New("has a zero byte, and no path has; @ begins a name that is not a file")
	case strings.HasSuffix(path, "/"):
		return errors.New("is a folder, and a unix socket is a file in one")
	case len(path) > maxUnixPath:
		return fmt.Errorf("has a path of %d bytes, and the system takes no more than %d for a "+
			"unix socket", len(path), maxUnixPath)
	}
	return nil
}

// unixHint says how the address of a unix socket is written.
const unixHint = "write unix:/run/gateway/edge.sock, or unix:@name for one without a file"

// place checks an address to listen on, and says which one it is: host and port, or host alone
// where it is none of the network.
func (v *validator) place(path, ref, hint string) (host string, port int, ok bool) {
	address := v.value(ref)
	switch {
	case strings.HasPrefix(address, UnixScheme):
		if isSecret(ref) && !strings.HasPrefix(address, UnixScheme+"/") &&
			!strings.HasPrefix(address, UnixScheme+"@") {
			v.wrong(path, CodeAddress, ref, errors.New("is relative to nothing"),
				"write the whole path, from / on")
			return "", 0, false
		}
		if err := checkUnix(address); err != nil {
			v.wrong(path, CodeAddress, ref, err, unixHint)
			return "", 0, false
		}
		return address, 0, true
	case strings.HasPrefix(address, SystemdScheme):
		name := address[len(SystemdScheme):]
		if name == "" || strings.ContainsAny(name, ": /\t\n") {
			v.wrong(path, CodeAddress, ref, errors.New("names no socket of systemd"),
				"write systemd:NAME, with FileDescriptorName=NAME in the socket unit")
			return "", 0, false
		}
		return address, 0, true
	}
	host, port, err := splitAddress(address)
	if err != nil {
		hint = forUnix(address, hint)
		v.wrong(path, CodeAddress, ref, err, hint)
		return "", 0, false
	}
	return host, port, true
}

// forUnix is the hint for what other products have for a unix socket: its path, unix/PATH of Caddy,
// unix@PATH of HAProxy.
func forUnix(address, hint string) string {
	rest := strings.TrimPrefix(strings.TrimPrefix(address, "unix@"), "unix/")
	if strings.HasPrefix(rest, "/") {
		return "the address of a unix socket is unix:PATH; write unix:" + rest
	}
	return hint
}

// unixSocket checks what is said of the file of a listener's socket.
func (v *validator) unixSocket(l *Listener, at spot) {
	u := l.Unix
	if u == nil {
		return
	}
	mode := v.value(u.Mode)
	if n, err := strconv.ParseUint(mode, 8, 16); err != nil || n > 0o777 || len(mode) < 3 ||
		len(mode) > 4 {
		v.wrong(at.of("unix.mode").String(), CodeValue, u.Mode,
			errors.New("is not the permission bits of a file"),
			`write three octal digits in quotes, such as "0660"`)
	}
	if address := v.value(l.Address); address != "" &&
		!strings.HasPrefix(address, UnixScheme) || strings.HasPrefix(address, UnixScheme+"@") {
		v.add(at.of("unix").String(), CodeConflict,
			"this listener has no file of its own that could have a mode or an owner",
			"remove it, or write address: unix:/run/gateway/edge.sock")
	}
}
