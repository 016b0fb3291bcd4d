package openapi

import (
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/openapi/document"
	"github.com/gatewayhomebrew/gateway/libs/openapi/schema"
)

// A Contract is a document that was compiled. It does not change.
type Contract struct {
	version    string
	title      string
	digest     string
	files      []string
	warnings   Problems
	operations []*Operation
	paths      paths
}

// Version is that of OpenAPI, as 3.0.3.
func (c *Contract) Version() string { return c.version }

// Title is the document's own.
func (c *Contract) Title() string { return c.title }

// Digest is a hash of the files' texts, in hexadecimal.
func (c *Contract) Digest() string { return c.digest }

// Files are the paths of the files that were read, the document first.
func (c *Contract) Files() []string { return c.files }

// Warnings are what is odd about the document, and does not keep it from being used.
func (c *Contract) Warnings() Problems { return c.warnings }

// Operations are all of the document, by path and method.
func (c *Contract) Operations() []*Operation { return c.operations }

// An Operation is one method of one path.
type Operation struct {
	// Method is in capitals, Path the template of the document.
	Method, Path string
	// ID and Summary are operationId and summary, "" where there is none.
	ID, Summary string
	Tags        []string
	Deprecated  bool

	template   *template
	parameters []*parameter
	names      map[string]bool // of the parameters of the query
	body       *body
	responses  *responses
}

// Name is the operation's ID, or else its method and path.
func (o *Operation) Name() string {
	if o.ID != "" {
		return o.ID
	}
	return o.Method + " " + o.Path
}

// A Field is one line of a header.
type Field struct{ Name, Value []byte }

// A Request is what of a request is looked at.
type Request struct {
	// Path is that of the URL, encoded as it came, without the query.
	Path []byte
	// Query is what comes behind the question mark, encoded as it came.
	Query  []byte
	Fields []Field
	// Body is the whole body.
	Body []byte
}

// A Response is what of a response is looked at.
type Response struct {
	Status int
	Fields []Field
	// Body is the whole body.
	Body []byte
	// Head says that no body comes, whatever the fields say, as for HEAD.
	Head bool
}

// Problems are what is wrong with a document. It is the error of [Load].
type Problems []*document.Problem

func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i := range p {
		lines[i] = p[i].Error()
	}
	return strings.Join(lines, "\n")
}

// body is what a document says of a body.
type body struct {
	required bool
	media    []*media
}

// media is one media type of a body.
type media struct {
	kind mediaRange
	text string // as it stands in the document
	// schema is nil where the document says nothing.
	schema   *schema.Schema
	reads    reading
	encoding map[string]*encoding
}

// reading is how a body of a media type becomes a value.
type reading uint8

const (
	readNothing reading = iota // it is not looked at
	readJSON
	readForm
	readMultipart
	readText
	readBytes
)

// encoding is how a member of a form is written.
type encoding struct {
	style    *style // nil: the usual one
	explode  bool
	contents []mediaRange // that a part may have; none: any
	headers  []*parameter // of a part
}

// responses are those that an operation describes.
type responses struct {
	byStatus map[int]*response
	byClass  [6]*response // 1XX to 5XX
	other    *response
}

type response struct {
	headers []*parameter
	body    *body
}

func (r *responses) find(status int) *response {
	if found := r.byStatus[status]; found != nil {
		return found
	}
	if class := status / 100; class >= 1 && class <= 5 && r.byClass[class] != nil {
		return r.byClass[class]
	}
	return r.other
}
