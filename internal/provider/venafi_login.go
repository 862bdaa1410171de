// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

type loginKind int

const (
	accessTokenLogin loginKind = iota
	passwordLogin
	jwtLogin
	certificateLogin
	p12Login
)

// login is one way to log in to Venafi Trust Protection Platform.
type login struct {
	kind       loginKind
	name       string
	attributes []string
	clientID   bool // needs client_id too
	anyOf      bool // one of the attributes is enough
}

// venafiLogins are the kinds of login. A kind counts as given when any of its attributes is.
var venafiLogins = []login{
	{kind: accessTokenLogin, name: "an access token", attributes: []string{"access_token"}},
	{kind: passwordLogin, name: "a user and password", attributes: []string{"username", "password"}, clientID: true},
	{kind: jwtLogin, name: "a JSON Web Token", attributes: []string{"jwt", "jwt_file"}, clientID: true, anyOf: true},
	{kind: certificateLogin, name: "a client certificate", attributes: []string{"client_certificate", "client_key"}, clientID: true},
	{kind: p12Login, name: "a PKCS#12 file", attributes: []string{"client_p12", "client_p12_file"}, clientID: true, anyOf: true},
}

// chooseLogin tells which login to use: the one in the configuration, whatever the environment
// holds, else the only one in the environment. It is an error when there are several or none, or
// when the one lacks something.
func chooseLogin(s *settings) (login, diag.Diagnostics) {
	explicit := givenLogins(func(attribute string) bool { return s.texts[attribute].explicit })
	given := explicit
	if len(given) == 0 {
		given = givenLogins(s.has)
	}
	switch len(given) {
	case 0:
		if !s.has("client_id") || !s.workloadIdentity("jwt") {
			return login{}, noLogin(s)
		}
		given = givenLogins(s.has)
	case 1:
	default:
		return login{}, diag.Diagnostics{diag.NewErrorDiagnostic("More than one kind of login to "+s.block.service,
			severalLogins(given, func(attribute string) string {
				if !s.has(attribute) {
					return ""
				}
				return s.source(attribute)
			}))}
	}

	chosen := given[0]
	var needs []string
	if !chosen.anyOf {
		needs = slices.Clone(chosen.attributes)
	}
	if chosen.clientID {
		needs = append([]string{"client_id"}, needs...)
	}
	if unset := s.unset(needs...); len(unset) > 0 {
		return login{}, s.missing(unset...)
	}
	return chosen, nil
}

func givenLogins(given func(attribute string) bool) []login {
	var logins []login
	for _, l := range venafiLogins {
		if slices.ContainsFunc(l.attributes, given) {
			logins = append(logins, l)
		}
	}
	return logins
}

// severalLogins explains which logins compete. source says where an attribute is set, "" when it
// isn't.
func severalLogins(logins []login, source func(attribute string) string) string {
	var b strings.Builder
	b.WriteString("It isn't clear whom to log in as. Keep exactly one of these, and leave out the attributes or unset the " +
		"environment variables of the others:\n")
	for _, l := range logins {
		var sources []string
		for _, attribute := range l.attributes {
			if at := source(attribute); at != "" {
				sources = append(sources, at)
			}
		}
		fmt.Fprintf(&b, "\n  - %s: %s", l.name, strings.Join(sources, "; "))
	}
	return b.String()
}

func noLogin(s *settings) diag.Diagnostics {
	var b strings.Builder
	b.WriteString("Something of this service is used, and the provider doesn't know how to log in. Set, in the provider block " +
		"or in the environment, one of:\n")
	for _, l := range venafiLogins {
		var names []string
		for _, attribute := range l.attributes {
			names = append(names, s.name(attribute))
		}
		text := strings.Join(names, ", ")
		if l.anyOf {
			text = strings.Join(names, " or ")
		}
		if l.clientID {
			text = s.name("client_id") + ", " + text
		}
		fmt.Fprintf(&b, "\n  - %s", text)
	}
	return diag.Diagnostics{diag.NewErrorDiagnostic(s.block.service+" is not configured", b.String())}
}

// validateLogin finds what is wrong with the logins that stand in the configuration. Values that
// are not known yet may turn out to be null: nothing is said of them.
func validateLogin(object types.Object, s *settings) diag.Diagnostics {
	var diags diag.Diagnostics
	if object.IsNull() || object.IsUnknown() {
		return nil
	}
	explicit := func(attribute string) bool { return s.texts[attribute].explicit }

	if logins := givenLogins(explicit); len(logins) > 1 {
		diags.AddAttributeError(path.Root(s.block.name), "More than one kind of login to "+s.block.service,
			severalLogins(logins, func(attribute string) string {
				if !explicit(attribute) {
					return ""
				}
				return s.block.path(attribute)
			}))
		return diags
	}

	for _, l := range venafiLogins {
		if l.anyOf && explicit(l.attributes[0]) && explicit(l.attributes[1]) {
			diags.AddAttributeError(s.block.at(l.attributes[1]), "Login to "+s.block.service+" given twice",
				fmt.Sprintf("%s and %s are both set: keep one.", s.block.path(l.attributes[0]), s.block.path(l.attributes[1])))
			return diags
		}
	}
	certificate, key := "client_certificate", "client_key"
	if !explicit(certificate) && !explicit(key) || object.Attributes()[certificate].IsUnknown() || object.Attributes()[key].IsUnknown() ||
		object.Attributes()["client_key_password"].IsUnknown() {
		return diags
	}
	for _, unset := range s.unset(certificate, key) {
		diags.AddAttributeError(path.Root(s.block.name).AtName(unset), "Incomplete login to "+s.block.service,
			fmt.Sprintf("A client certificate and its key belong together, and the %s is not set. Set %s.",
				map[string]string{certificate: "certificate", key: "key"}[unset], s.name(unset)))
	}
	if diags.HasError() || checkCertificates(s.get(certificate)) != nil || checkKey(s.get(key)) != nil {
		return diags // what is wrong with one of them is said of that attribute
	}
	if _, err := keyPair(s, certificateLogin); err != nil {
		diags.AddAttributeError(path.Root(s.block.name).AtName(key), "Invalid provider configuration", err.Error())
	}
	return diags
}
