package text

import "strconv"

// JoinKey returns the path of the value that a mapping has for a key.
func JoinKey(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// JoinIndex returns the path of an entry of a list.
func JoinIndex(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

// A Trail is the way to a value, kept while a tree is walked. Its text is made only for values
// something is wrong with.
type Trail []step

type step struct {
	key   string
	index int // -1: the step is a key
}

// Enter goes to the value of a key of a mapping.
func (t *Trail) Enter(key string) { *t = append(*t, step{key, -1}) }

// EnterIndex goes to an entry of a list.
func (t *Trail) EnterIndex(i int) { *t = append(*t, step{"", i}) }

// Leave goes back to what the value is in.
func (t *Trail) Leave() { *t = (*t)[:len(*t)-1] }

// String returns the path, as in routes[1].cluster.
func (t Trail) String() string {
	path := ""
	for _, s := range t {
		if s.index < 0 {
			path = JoinKey(path, s.key)
		} else {
			path = JoinIndex(path, s.index)
		}
	}
	return path
}

// Section returns the path with every entry of a list as [], as in routes[].timeouts.
func (t Trail) Section() string {
	path := ""
	for _, s := range t {
		if s.index < 0 {
			path = JoinKey(path, s.key)
		} else {
			path += "[]"
		}
	}
	return path
}
