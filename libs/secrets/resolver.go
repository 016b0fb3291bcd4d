package secrets

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/zalando/go-keyring"

	"github.com/gatewayhomebrew/gateway/libs/files"
)

// MaxBytes is the most a secret can hold. A certificate chain with its key has some 10 KiB.
const MaxBytes = 64 << 10

// keychainTimeout bounds how long a key store may take: a locked one asks the user, who may
// not be there.
const keychainTimeout = 10 * time.Second

// Resolver returns the values of references. The zero Resolver asks the process's environment and
// the system's key store.
type Resolver struct {
	// LookupEnv stands in for os.LookupEnv.
	LookupEnv func(name string) (string, bool)
	// Keychain stands in for the system's key store. It returns ErrNotFound when there is no such
	// entry.
	Keychain func(service, account string) (string, error)
	// Timeout stands in for the 10 seconds a key store may take.
	Timeout time.Duration
}

// ErrNotFound says that the key store has no entry of that name.
var ErrNotFound = keyring.ErrNotFound

// An Error is why a reference has no value.
type Error struct {
	what, hint string
	err        error
}

// Error says what was tried.
func (e *Error) Error() string { return e.what }

// Hint says what to do.
func (e *Error) Hint() string { return e.hint }

// Unwrap returns the error of the file or the key store, nil for none.
func (e *Error) Unwrap() error { return e.err }

// Resolve returns the value of a reference. Paths are relative to dir, the folder of the file that
// holds the reference. The error is an *Error.
func (r Resolver) Resolve(ref, dir string) (string, error) {
	kind, rest, _ := strings.Cut(strings.TrimPrefix(ref, "secret:"), ":")
	var value string
	var err *Error
	switch {
	case !strings.HasPrefix(ref, "secret:"):
		err = &Error{what: "it is no reference to a secret", hint: forms}
	case kind == "env":
		value, err = r.env(rest)
	case kind == "file":
		value, err = file(rest, dir)
	case kind == "keychain":
		value, err = r.keychain(rest)
	default:
		err = &Error{what: "there is no such kind of secret", hint: forms}
	}
	if err != nil {
		return "", err
	}
	return value, nil
}

const forms = "write secret:env:NAME, secret:file:PATH or secret:keychain:SERVICE/ACCOUNT"

func (r Resolver) env(name string) (string, *Error) {
	if name == "" || strings.ContainsAny(name, "=\x00 ") {
		return "",
			&Error{what: "it does not name an environment variable", hint: "write secret:env:NAME"}
	}
	lookup := r.LookupEnv
	if lookup == nil {
		lookup = os.LookupEnv
	}
	value, ok := lookup(name)
	switch {
	case !ok:
		return "",
			&Error{
				what: fmt.Sprintf("the environment variable %s is not set", name),
				hint: "set it for the gateway's process",
			}
	case value == "":
		return "",
			&Error{
				what: fmt.Sprintf("the environment variable %s is empty", name),
				hint: "set it to the secret",
			}
	case len(value) > MaxBytes:
		return "",
			&Error{
				what: fmt.Sprintf("the environment variable %s has %d bytes, and %d are the most",
					name, len(value), MaxBytes),
			}
	}
	return value, nil
}

// file reads a secret from a file, and cuts off the one line end that editors and echo put behind
// it.
func file(path, dir string) (string, *Error) {
	if path == "" || strings.ContainsRune(path, 0) {
		return "",
			&Error{
				what: "it does not name a file",
				hint: "write secret:file:PATH; a relative path is relative to the file " +
					"that names it",
			}
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	value, err := readFile(path)
	if err != nil {
		what := err.Error()
		var pathErr *fs.PathError
		if errors.As(err, &pathErr) {
			what = pathErr.Err.Error()
		}
		hint := "a relative path is relative to the file that names it"
		if errors.Is(err, fs.ErrPermission) {
			hint = "let the gateway's user read it"
		}
		return "",
			&Error{
				what: fmt.Sprintf("the file %s can't be read: %s", path, what), hint: hint,
				err: err,
			}
	}
	trimmed, cut := strings.CutSuffix(value, "\n")
	if cut {
		trimmed = strings.TrimSuffix(trimmed, "\r")
	}
	if trimmed == "" {
		return "",
			&Error{
				what: fmt.Sprintf("the file %s is empty", path), hint: "write the secret into it",
			}
	}
	return trimmed, nil
}

func readFile(path string) (string, error) {
	data, err := files.Read(path, MaxBytes)
	return string(data), err
}

func (r Resolver) keychain(name string) (string, *Error) {
	slash := strings.LastIndexByte(name, '/') // a service may be a URL
	if slash <= 0 || slash == len(name)-1 {
		return "",
			&Error{
				what: "it does not name an entry of the key store",
				hint: "write secret:keychain:SERVICE/ACCOUNT",
			}
	}
	service, account := name[:slash], name[slash+1:]
	get, timeout := r.Keychain, r.Timeout
	if get == nil {
		get = keyring.Get
	}
	if timeout == 0 {
		timeout = keychainTimeout
	}
	type answer struct {
		value string
		err   error
	}
	// Key stores take no context. One that asks for a password would keep a reload waiting for
	// ever; the goroutine ends when the store answers, and nobody listens then.
	answers := make(chan answer, 1)
	go func() {
		value, err := get(service, account)
		answers <- answer{value, err}
	}()
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	var a answer
	select {
	case a = <-answers:
	case <-timer.C:
		return "",
			&Error{
				what: fmt.Sprintf("the key store did not answer within %s", timeout),
				hint: "unlock it; a service without a desktop is better served by secret:file:PATH",
			}
	}
	entry := fmt.Sprintf("of the service %q and the account %q", service, account)
	switch {
	case errors.Is(a.err, ErrNotFound):
		return "",
			&Error{
				what: "the key store has no entry " +
					entry, hint: "add it, for the user the gateway runs as", err: a.err,
			}
	case errors.Is(a.err, keyring.ErrUnsupportedPlatform):
		return "",
			&Error{
				what: "this system has no key store",
				hint: "use secret:env:NAME or secret:file:PATH", err: a.err,
			}
	case a.err != nil:
		return "",
			&Error{
				what: fmt.Sprintf("the key store can't be asked for the entry %s: %s", entry,
					a.err),
				hint: "use secret:env:NAME or secret:file:PATH where there is no desktop",
				err:  a.err,
			}
	case a.value == "" || len(a.value) > MaxBytes:
		return "",
			&Error{
				what: fmt.Sprintf(
					"the entry %s of the key store is empty or has more than %d bytes", entry,
					MaxBytes),
			}
	}
	return a.value, nil
}
