// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"math/rand/v2"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// respelled writes a scope in another order, with blanks and in another letter case.
func respelled(t *rapid.T, scope string) string {
	seed := rapid.Uint64().Draw(t, "seed")
	random := rand.New(rand.NewPCG(seed, seed)) //nolint:gosec // a test
	parts := strings.Split(scope, ";")
	random.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
	for i, part := range parts {
		name, restrictions, restricted := strings.Cut(part, ":")
		if restricted {
			list := strings.Split(restrictions, ",")
			random.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
			name += " : " + strings.Join(list, " , ")
		}
		if random.IntN(2) == 0 {
			name = strings.ToUpper(name)
		}
		parts[i] = name
	}
	return strings.Join(parts, " ; ")
}

func TestScopeProperties(t *testing.T) {
	t.Parallel()
	drawn := rapid.StringMatching(`[a-c](:[a-c](,[a-c]){0,2})?(;[a-c](:[a-c](,[a-c]){0,2})?){0,3}`)
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawn.Draw(t, "a"), drawn.Draw(t, "b")
		if again := respelled(t, a); !SameScope(a, again) || CheckScope(again) != "" {
			t.Fatalf("%q is not %q", again, a)
		}
		if SameScope(a, b) != SameScope(b, a) || SameScope(a, b) != (len(ScopeLacks(a, b)) == 0 && len(ScopeLacks(b, a)) == 0) {
			t.Fatalf("%q and %q", a, b)
		}
		if both := a + ";" + b; len(ScopeLacks(a, both)) != 0 || len(ScopeLacks(b, both)) != 0 {
			t.Fatalf("%q lacks what it is made of", both)
		}
	})
}

func TestScopes(t *testing.T) {
	t.Parallel()
	for _, different := range [][2]string{{"a", "b"}, {"a", "a:b"}, {"a:b", "a:c"}, {"a:b;c", "a:b,c"}, {"", "a"}, {"a:b,c", "a:b"}} {
		if SameScope(different[0], different[1]) {
			t.Errorf("%q", different)
		}
	}
	if got := strings.Join(ScopeLacks("certificate:discover,manage;agent;ssh:x", "certificate:manage;ssh"), " "); got != "agent certificate:discover ssh:x" {
		t.Error(got)
	}
	for want, scopes := range map[string][]string{
		"": nil, "B;a": {"B;a", "a;b"}, "a | a:b | b": {"b", "a:b", "A", "b"}, "a;b | c": {"c", "b ; A", "C"},
	} {
		if got := EachScope(scopes); got != want {
			t.Errorf("%q: %q, want %q", scopes, got, want)
		}
	}
	if SameScope("a | b", "a;b") || !SameScope("a | b", "a | b") || len(ScopeLacks("a:c", "a:b | a:c")) > 0 {
		t.Error("several scopes are the same as all in one, or allow less")
	}
	for _, bad := range []string{"", " ", "a;", ";a", "a:", "a:b,", "a b", "a::b", "ä", "a | b"} {
		if CheckScope(bad) == "" {
			t.Errorf("%q passes", bad)
		}
	}
}

func FuzzScope(f *testing.F) {
	f.Add("certificate:discover,manage;configuration", "configuration ; Certificate: manage,discover")
	f.Add("a:;;b", "::")
	f.Fuzz(func(t *testing.T, a, b string) {
		if !SameScope(a, a) || len(ScopeLacks(a, a)) != 0 {
			t.Errorf("%q differs from itself", a)
		}
		if SameScope(a, b) != SameScope(b, a) {
			t.Errorf("%q and %q differ in one direction", a, b)
		}
	})
}

func TestSeconds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(1, 1<<33).Draw(t, "seconds")
		if got, err := Seconds(Duration(n)); err != nil || got != n {
			t.Fatalf("%d is %q is %d, %v", n, Duration(n), got, err)
		}
	})
	for duration, want := range map[string]int64{"2160h": 7776000, "1h30m": 5400, "90m": 5400, "45s": 45} {
		if got, err := Seconds(duration); err != nil || got != want {
			t.Errorf("%s: %d, %v", duration, got, err)
		}
	}
	for _, bad := range []string{"", "90", "-1h", "0s", "1.5s", "soon", "90d"} {
		if n, err := Seconds(bad); err == nil {
			t.Errorf("%q is %d", bad, n)
		}
	}
}

func FuzzSeconds(f *testing.F) {
	f.Add("2160h")
	f.Fuzz(func(t *testing.T, duration string) {
		if n, err := Seconds(duration); err == nil {
			if again, err := Seconds(Duration(n)); err != nil || again != n {
				t.Errorf("%q is %d and then %d, %v", duration, n, again, err)
			}
		}
	})
}

func FuzzLiveGrants(f *testing.F) {
	f.Add([]byte(`{"Grants":[{"GranteePrefixedUniversal":"local:x","AccessToken":"s","ExpiresISO8601":"2023-11-14T22:14:20Z"}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := decodeLiveGrants(b); err != nil && err.Error() != "answered no list of grants" {
			t.Error(err)
		}
	})
}
