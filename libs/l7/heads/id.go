package heads

// ValidID reports whether an ID from a trusted proxy is fit to be passed on and
// logged.
func ValidID(id []byte) bool {
	if len(id) == 0 || len(id) > 128 {
		return false
	}
	for _, c := range id {
		if c <= ' ' || c >= 0x7f || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}
