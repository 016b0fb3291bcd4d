package config

import "github.com/gatewayhomebrew/gateway/libs/config/text"

// maxProblems is how many problems are reported.
const maxProblems = 1_000

// Problem is one thing that is wrong with a document, with its place.
type Problem = text.Problem

// Problems is everything that is wrong with a document, ordered by position.
type Problems = text.Problems

// Codes of Problem. They are stable: scripts and dashboards branch on them. Codes says what each
// means.
const (
	CodeRead         = "E_READ"
	CodeTooLarge     = text.CodeTooLarge
	CodeEncoding     = text.CodeEncoding
	CodeSyntax       = text.CodeSyntax
	CodeUnknownKey   = "E_UNKNOWN_KEY"
	CodeDuplicateKey = text.CodeDuplicateKey
	CodeType         = text.CodeType
	CodeValue        = "E_VALUE"
	CodeUnit         = "E_UNIT"
	CodeVersion      = "E_VERSION"
	CodeMissing      = "E_MISSING"
	CodeName         = "E_NAME"
	CodeDupName      = "E_DUPLICATE_NAME"
	CodeCluster      = "E_UNKNOWN_CLUSTER"
	CodeAuthRef      = "E_UNKNOWN_AUTH"
	CodeConflict     = "E_CONFLICT"
	CodeDupRoute     = "E_DUPLICATE_ROUTE"
	CodeAddress      = "E_ADDRESS"
	CodeCollision    = "E_ADDRESS_IN_USE"
	CodeHost         = "E_HOST"
	CodePrefix       = "E_PATH_PREFIX"
	CodeMethod       = "E_METHOD"
	CodeRegex        = "E_REGEX"
	CodeListener     = "E_UNKNOWN_LISTENER"
	CodeWeights      = "E_WEIGHTS"
	CodeUnreachable  = "E_UNREACHABLE_ROUTE"
	CodeHeader       = "E_HEADER"
	CodePlaceholder  = "E_PLACEHOLDER"
	CodeSecret       = "E_SECRET"
	CodeFile         = "E_FILE"
	CodeCertificate  = "E_CERTIFICATE"
	CodeOpenAPI      = "E_OPENAPI"
	CodeSecurity     = "E_SECURITY"
	CodeAdminOpen    = "E_ADMIN_OPEN"
	CodeTooMany      = "E_TOO_MANY_PROBLEMS"
)

// A CodeMeaning is a code of Problem with what it means.
type CodeMeaning struct{ Code, Meaning string }

// Codes returns every code there is.
func Codes() []CodeMeaning {
	return []CodeMeaning{
		{CodeRead, "the file can't be read"},
		{CodeTooLarge, "the file, its nesting or its aliases are over the limit"},
		{CodeEncoding, "not UTF-8 text"},
		{CodeSyntax, "not YAML or JSON"},
		{CodeUnknownKey, "a key the document does not have"},
		{CodeDuplicateKey, "one key twice in one mapping"},
		{CodeType, "a value of the wrong kind"},
		{CodeValue, "a value of the right kind that makes no sense"},
		{CodeUnit, "a duration or percentage without its unit"},
		{CodeVersion, "a document version that can't be read"},
		{CodeMissing, "a key that must be there"},
		{CodeName, "a name that can't be one"},
		{CodeDupName, "two things of one kind with one name"},
		{CodeCluster, "a reference to no cluster"},
		{CodeAuthRef, "a reference to no entry of auth"},
		{CodeConflict, "two keys that exclude each other"},
		{CodeDupRoute,
			"two routes that match the same requests, or two entries of sni the same name"},
		{CodeAddress, "not host:port"},
		{CodeCollision, "two listeners on one address"},
		{CodeHost, "not a host pattern"},
		{CodePrefix, "not a path prefix"},
		{CodeMethod, "not a method"},
		{CodeRegex, "not a regular expression of RE2, or one that is too large"},
		{CodeListener, "a reference to a listener that does not exist"},
		{CodeWeights, "no weight above zero, or nothing but backups"},
		{CodeUnreachable, "a route that no request can reach"},
		{CodeHeader, "a header field that can't be edited so"},
		{CodePlaceholder, "a placeholder that there is not, or that has no place here"},
		{CodeSecret, "a secret that does not resolve, or where none may be"},
		{CodeFile, "a file that can't be used"},
		{CodeCertificate, "a certificate that can't be used, or went stale (a service starts all " +
			"the same)"},
		{CodeOpenAPI, "an OpenAPI document that can't be read, or is none"},
		{CodeSecurity, "TLS to endpoints that is not complete"},
		{CodeAdminOpen, "an admin API anybody could use"},
		{CodeTooMany, "the rest is left out"},
	}
}
