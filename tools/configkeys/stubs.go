package configkeys

// stubs are the parts of the standard library through which values of the configuration go on their
// way to a reader. Without them what comes out at the other end would have no type, and nobody
// could tell which field is read there.
func stubs() map[string]string {
	return map[string]string{
		"sync/atomic": `package atomic
type Pointer[T any] struct{ p *T }
func (x *Pointer[T]) Load() *T
func (x *Pointer[T]) Store(v *T)
func (x *Pointer[T]) Swap(v *T) *T
func (x *Pointer[T]) CompareAndSwap(old, new *T) bool
`,
		"slices": `package slices
func Clone[S ~[]E, E any](s S) S
func Concat[S ~[]E, E any](s ...S) S
func Contains[S ~[]E, E comparable](s S, v E) bool
func ContainsFunc[S ~[]E, E any](s S, f func(E) bool) bool
func Index[S ~[]E, E comparable](s S, v E) int
func IndexFunc[S ~[]E, E any](s S, f func(E) bool) int
`,
		"maps": `package maps
func Clone[M ~map[K]V, K comparable, V any](m M) M
`,
	}
}
