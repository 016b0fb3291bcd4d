package config

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/config/text"
	filesystem "github.com/gatewayhomebrew/gateway/libs/files"
)

// Names of the environment variables that Resolve reads.
const (
	EnvConfig = "GATEWAY_CONFIG" // the file, unless a flag names one
	EnvName   = "GATEWAY_ENV"    // the environment, whose overlay file is merged over the file
)

// searched are the files looked for when none is named, relative to the working directory.
var searched = []string{"gateway.yaml", "config/default.yaml", "config/default.json"}

// Searched says in words which files are looked for when none is named, the first one first.
func Searched() string { return "./" + strings.Join(searched, ", ") }

// Source is a document with where it came from.
type Source struct {
	Document *Document
	Path     string // the file; "" when the document is the embedded one, or came over a stream
	Input    bool   // it came over a stream, see Options.Input
	Overlay  string // the file merged over it; "" for none
	// Published is what the fleet runs, with Path laid over it as Options.Published says; nil: the
	// file alone.
	Published *Published
	// Originals are what the files said.
	Originals Originals
}

// Originals are what the files of a document said when it was read. [Options.Before] makes the same
// document of them, whatever the files say by then.
type Originals struct {
	File, Overlay []byte
}

// Published is a configuration that came from config-sync.
type Published struct {
	Revision uint64
	Digest   string // the SHA-256 of Data, in hexadecimal
	Data     []byte // YAML, or JSON, which is YAML too
}

// own are the keys of a node's own file that lie over what is published: where config-sync is, what
// two nodes on one machine can't share, and which program the machine runs.
var own = []string{"config_sync", "admin", "gossip", "upgrade"}

// over puts what is published in the place of a node's own file.
func (p *Published) over(path string, file *text.Node, ps *Problems) *text.Node {
	// so that paths in it are relative to the folder
	name := filepath.Join(filepath.Dir(path), fmt.Sprintf("revision-%d.yaml", p.Revision))
	root := text.Parse(name, p.Data, ps)
	if root == nil || root.Kind != text.Map || file.Kind != text.Map {
		return root // what is wrong with it is found later
	}
	kept := &text.Node{Kind: text.Map, At: file.At}
	for i, k := range file.Keys {
		if slices.Contains(own, k.Name) {
			kept.Keys, kept.Values = append(kept.Keys, k), append(kept.Values, file.Values[i])
		}
	}
	return text.Merge(root, kept)
}

// Embedded says whether no file was found.
func (s Source) Embedded() bool { return s.Path == "" && !s.Input }

// String says in words where the document came from.
func (s Source) String() string {
	switch {
	case s.Embedded():
		return "the embedded default"
	case s.Input && s.Published == nil:
		return inputName
	case s.Published != nil:
		return fmt.Sprintf("revision %d of config-sync with %s", s.Published.Revision,
			cmp.Or(s.Path, inputName))
	case s.Overlay != "":
		return s.Path + " with " + s.Overlay
	default:
		return s.Path
	}
}

// Resolve finds the document a service runs with, as [Options.Resolve] does, with no secrets
// resolved.
func Resolve(explicit string, env func(string) string) (Source, error) {
	return Options{}.Resolve(explicit, env)
}

// Resolve finds the document a service runs with: the file named by explicit (a flag, "" for none),
// else by EnvConfig, else the first of ./gateway.yaml, config/default.yaml and config/default.json
// that exists, else the embedded default. FromInput names no file but [Options.Input]. If EnvName
// is set, the file of that name beside it is merged over it; for an input that is the working
// directory. The error is Problems when a file is at fault.
func (o Options) Resolve(explicit string, env func(string) string) (Source, error) {
	path := explicit
	if path == "" {
		path = env(EnvConfig)
	}
	for _, p := range searched {
		if path != "" {
			break
		}
		// Anything but its absence is reported when it is read.
		if _, err := filesystem.Stat(p); !errors.Is(err, fs.ErrNotExist) {
			path = p
		}
	}
	name := env(EnvName)
	if name != "" && strings.Trim(name,
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") != "" {
		return Source{}, fmt.Errorf(
			"%s=%s: an environment's name has only letters, digits, - and _", EnvName,
			text.Quote(name))
	}
	if o.Before != nil {
		path = o.Before.Path
		if o.Before.Input {
			path = FromInput
		}
	}
	if path == "" {
		if name != "" {
			return Source{}, fmt.Errorf(
				"%s=%s needs a file to lay its overlay over; name one with --config or %s", EnvName,
				name, EnvConfig)
		}
		return Source{Document: Embedded()}, nil
	}
	s := Source{Path: path, Published: o.Published}
	if path == FromInput {
		s.Path, s.Input = "", true
	}
	if name != "" {
		overlay, err := o.findOverlay(path, name)
		if err != nil {
			return Source{}, err
		}
		s.Overlay = overlay
	}
	o.noted = &s.Originals
	doc, err := o.load(path, s.Overlay)
	if err != nil {
		return Source{}, err
	}
	s.Document = doc
	return s, nil
}

// findOverlay returns the overlay of an environment beside a file.
func (o Options) findOverlay(path, name string) (string, error) {
	if o.Before != nil {
		return o.Before.Overlay, nil
	}
	base := filepath.Join(filepath.Dir(path), name)
	for _, ext := range []string{".yaml", ".json"} {
		if _, err := filesystem.Stat(base + ext); !errors.Is(err, fs.ErrNotExist) {
			return base + ext, nil
		}
	}
	return "", fmt.Errorf("%s=%s: there is no overlay %s.yaml or .json", EnvName, name, base)
}

// Load reads, decodes and validates a file. The error is Problems when the file is at fault.
// Secrets are not resolved; see [Options].
func Load(path string) (*Document, error) { return Options{}.Load(path) }

// Load is the function Load with options.
func (o Options) Load(path string) (*Document, error) { return o.load(path, "") }

func (o Options) load(path, overlay string) (*Document, error) {
	var ps Problems
	root, path := o.parse(path, &ps)
	if overlay != "" {
		over := o.parseFile(overlay, true, &ps)
		if root != nil && over != nil {
			root = text.Merge(root, over)
		} else {
			root = nil
		}
	}
	if o.Published != nil && root != nil {
		root = o.Published.over(path, root, &ps)
	}
	doc, ps := o.finish(path, root, ps)
	return doc, ps.Err()
}

// parse reads a file, or the input. name is what positions in it are shown with; paths in it are
// relative to the folder of that.
func (o Options) parse(path string, ps *Problems) (root *text.Node, name string) {
	if path != FromInput {
		return o.parseFile(path, false, ps), path
	}
	if o.Before != nil {
		o.keep(o.Before.Originals.File, false)
		return text.Parse(inputName, o.Before.Originals.File, ps), inputName
	}
	if o.Input == nil {
		ps.Add(Problem{File: inputName, Code: CodeRead,
			Message: "standard input can't be read here; name a file"})
		return nil, inputName
	}
	data, err := o.Input.read()
	if err != nil {
		ps.Add(Problem{File: inputName, Code: CodeRead,
			Message: "standard input can't be read: " + err.Error()})
		return nil, inputName
	}
	o.keep(data, false)
	return text.Parse(inputName, data, ps), inputName
}

// keep notes what a file said.
func (o Options) keep(data []byte, overlay bool) {
	switch {
	case o.noted == nil:
	case overlay:
		o.noted.Overlay = data
	default:
		o.noted.File = data
	}
}

// parseFile reads the file, or the overlay.
func (o Options) parseFile(path string, overlay bool, ps *Problems) *text.Node {
	var data []byte
	var err error
	switch {
	case o.Before == nil:
		data, err = filesystem.Read(path, text.MaxBytes)
	case overlay:
		data = o.Before.Originals.Overlay
	default:
		data = o.Before.Originals.File
	}
	o.keep(data, overlay)
	var large filesystem.LargeError
	if errors.As(err, &large) {
		ps.Add(Problem{File: path, Line: 1, Column: 1, Code: CodeTooLarge,
			Message: "the file is too large: " + large.Error()})
		return nil
	}
	if err != nil {
		ps.Add(Problem{File: path, Code: CodeRead,
			Message: "the file can't be read: " + withoutPath(err).Error()})
		return nil
	}
	return text.Parse(path, data, ps)
}

// WithoutHTTP2 lets no listener speak HTTP/2, as --http2=false does.
func (d *Document) WithoutHTTP2() {
	for i := range d.Listeners {
		d.Listeners[i].HTTP2 = false
	}
}

// SetAddress replaces the address of the first listener, as GATEWAY_ADDRESS does. It reports
// whether there is a listener.
func (d *Document) SetAddress(address string) bool {
	if len(d.Listeners) == 0 {
		return false
	}
	d.Listeners[0].Address = address
	return true
}

// SetPort replaces the port of the first listener, as --port and GATEWAY_PORT do. It reports
// whether there is a listener that has a port.
func (d *Document) SetPort(port int) bool {
	if len(d.Listeners) == 0 {
		return false
	}
	ref := d.Listeners[0].Address
	a := d.Secret(ref)
	if !OnNetwork(a) {
		return false
	}
	a = fmt.Sprintf("%s:%d", a[:max(strings.LastIndexByte(a, ':'), 0)], port)
	if isSecret(ref) {
		a = d.secrets.derive(fmt.Sprintf("%s with port %d", ref, port), a)
	}
	d.Listeners[0].Address = a
	return true
}

// SetCertificate gives the first listener one certificate, as --tls-cert and --tls-key do. It
// reports whether there is a listener.
func (d *Document) SetCertificate(cert, key string) bool {
	if len(d.Listeners) == 0 {
		return false
	}
	l := &d.Listeners[0]
	if l.TLS == nil {
		l.TLS = new(TLS)
		l.TLS.setDefaults()
	}
	l.TLS.Certificates = []Certificate{{Cert: cert, Key: key}}
	return true
}
