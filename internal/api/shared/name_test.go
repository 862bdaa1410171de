// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package shared

import "testing"

func TestNameProblem(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"zhangsan": "", "Zhang San": "", "CN=jdoe,OU=people": "", "张三": "", "a\u200db": "",
		"": "is empty", " \t": "is empty",
		"a ": "begins or ends with a blank", "\u00a0a": "begins or ends with a blank", "a\n": "begins or ends with a blank",
		"a\x00b": "has a control character in it", "a\tb": "has a control character in it", "a\u0085b": "has a control character in it",
	} {
		if got := NameProblem(name); got != want {
			t.Errorf("%q %s, want %q", name, got, want)
		}
	}
}
