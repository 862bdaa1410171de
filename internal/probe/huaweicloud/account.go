// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"cmp"
	"encoding/json"
	"regexp"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
)

// account is who is granted something, as a request names them; a domain "" is left out.
type account struct {
	name     string
	domain   string
	platform string
}

func (a account) String() string { return cmp.Or(a.domain, huaweicloud.DefaultDomain) + "/" + a.name }

// MarshalJSON writes the vendor's AccountInfo.
func (a account) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Account     string `json:"account"`
		Domain      string `json:"domain,omitempty"`
		AccountType string `json:"account_type"`
		Platform    string `json:"platform_type,omitempty"`
	}{a.name, a.domain, string(huaweicloud.Simple), a.platform})
}

// named is the account under another spelling.
func (a account) named(name string) account {
	a.name = name
	return a
}

// platformed is the account with the platform type that is true of it.
func (a account) platformed() account {
	a.platform = string(huaweicloud.AD)
	if a.domain == "" {
		a.platform = string(huaweicloud.Local)
	}
	return a
}

// decoration is what stands behind a name in the form "account (group)".
var decoration = regexp.MustCompile(` ?\([^()]*\)$`)

// plain is a name without decoration.
func plain(name string) string { return decoration.ReplaceAllString(name, "") }

// bare is what all spellings have in common that a service may make of one name.
func bare(name string) string {
	return strings.ToLower(strings.Join(strings.Fields(plain(norm.NFC.String(name))), " "))
}

// row is an entry of a list as it came.
type row map[string]json.RawMessage

// field is a value of a row, which may be left out or null.
type field struct {
	given, null bool
	text        string
}

func (r row) field(key string) field {
	raw, ok := r[key]
	f := field{given: ok, null: string(raw) == "null"}
	if ok && json.Unmarshal(raw, &f.text) != nil {
		f.text = string(raw) // of another type
	}
	return f
}

// String is how a field is spoken of.
func (f field) String() string {
	switch {
	case !f.given:
		return "left out"
	case f.null:
		return "null"
	}
	return `"` + f.text + `"`
}

// form is the text of a field, or how it is there without one.
func (f field) form() string {
	switch {
	case !f.given:
		return "omitted"
	case f.null:
		return "null"
	}
	return f.text
}

// name is the account of a row as it is listed.
func (r row) name() string { return r.field("account").text }
