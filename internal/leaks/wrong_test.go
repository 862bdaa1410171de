// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package leaks

import (
	"crypto/tls"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// post sends a request to Venafi.
func (s *services) post(path, body string) []byte {
	s.t.Helper()
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true}} //nolint:gosec // our own
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.tls+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return text
}

// Credentials that are wrong, that stand in the wrong place, or that were mixed up.
func TestWrongCredentials(t *testing.T) {
	t.Parallel()
	s := start(t)
	given := s.given
	secretURL := "https://user:" + given.wrongSecret + "@service.example.com"
	for name, test := range map[string]struct {
		kind    string
		env     map[string]string
		reasons []string
	}{
		"wrong secret keys": {"password", map[string]string{"HW_SECRET_KEY": given.wrongSecret, "ENOS_SECRET_KEY": given.wrongSecret, "VENAFI_PASS": given.wrongSecret}, []string{"login failed"}},
		"wrong JWT":         {"jwt", map[string]string{"VENAFI_JWT": given.wrongToken, "HW_SECURITY_TOKEN": given.wrongToken}, []string{"login failed"}},
		"wrong token":       {"token", map[string]string{"VENAFI_TOKEN": given.wrongToken}, []string{"access_token"}},
		"keys mixed up": {"password", map[string]string{
			"HW_ACCESS_KEY": given.secretKey, "HW_SECRET_KEY": given.accessKey, "ENOS_ACCESS_KEY": given.enosSecret, "ENOS_SECRET_KEY": given.enosKey,
			"VENAFI_USER": given.password, "VENAFI_PASS": given.user,
		}, []string{"login failed"}},
		"region":                       {"password", map[string]string{"HW_REGION_NAME": given.wrongSecret}, []string{"huaweicloud.region"}},
		"project":                      {"password", map[string]string{"HW_PROJECT_NAME": given.secretKey}, []string{"no project is named"}},
		"project id":                   {"password", map[string]string{"HW_PROJECT_ID": given.secretKey}, []string{"ListAppAuthorizations", "ListApps"}},
		"cloud":                        {"password", map[string]string{"HW_CLOUD": given.wrongSecret}, []string{"huaweicloud.cloud"}},
		"the URL":                      {"password", map[string]string{"VENAFI_URL": given.wrongSecret}, []string{"venafi.url"}},
		"the URL's scheme":             {"password", map[string]string{"VENAFI_URL": given.wrongToken + "://" + given.wrongToken}, []string{"venafi.url"}},
		"the URL's host":               {"password", map[string]string{"VENAFI_URL": "http://" + given.wrongToken}, []string{"venafi.url"}},
		"user and password in the URL": {"password", map[string]string{"VENAFI_URL": secretURL}, []string{"venafi.url"}},
		"the URL's query":              {"password", map[string]string{"VENAFI_URL": "https://service.example.com/?key=" + given.wrongSecret}, []string{"venafi.url"}},
		"a URL that is none":           {"password", map[string]string{"VENAFI_URL": "https://%zz" + given.wrongSecret}, []string{"venafi.url"}},
		"the key as certificate":       {"certificate", map[string]string{"VENAFI_CLIENT_CERTIFICATE": given.key}, []string{"venafi.client_certificate"}},
		"a key that is none":           {"certificate", map[string]string{"VENAFI_CLIENT_KEY": given.wrongSecret}, []string{"venafi.client_key"}},
		"a key that is cut off":        {"certificate", map[string]string{"VENAFI_CLIENT_KEY": given.key[:len(given.key)/2]}, []string{"venafi.client_key"}},
		"a key that is damaged": {"certificate", map[string]string{
			"VENAFI_CLIENT_KEY": strings.Replace(given.key, given.key[60:64], "AAAA", 1),
		}, []string{"venafi.client_key"}},
		"wrong ID token":               {"id token", map[string]string{"HW_ASSUME_ROLE_ID_TOKEN": given.wrongToken}, []string{"the identity provider gitlab"}},
		"the ID token as its provider": {"id token", map[string]string{"HW_ASSUME_ROLE_IDP_ID": given.idToken}, []string{"idp_id"}},
		"the ID token as its file":     {"id token", map[string]string{"HW_ASSUME_ROLE_ID_TOKEN": "", "HW_ASSUME_ROLE_ID_TOKEN_FILE": given.idToken}, []string{"id_token_file"}},
		"the secret key as profile":    {"profile", map[string]string{"HW_PROFILE": given.wrongSecret}, []string{"huaweicloud.profile"}},
		"a profile that is damaged":    {"profile", map[string]string{"HW_SHARED_CONFIG_FILE": s.file("damaged.json", given.profiles[:120])}, []string{"is not JSON"}},
		"a profile of another shape":   {"profile", map[string]string{"HW_SHARED_CONFIG_FILE": s.file("other.json", strings.ReplaceAll(given.profiles, `"leaks"`, "7"))}, []string{"is not a file of the vendor's CLI"}},
		"the JWT as its file":          {"profile", map[string]string{"VENAFI_JWT_FILE": given.jwt}, []string{"jwt_file"}},
		"a PKCS#12 file that is none":  {"certificate", map[string]string{"VENAFI_CLIENT_CERTIFICATE": "", "VENAFI_CLIENT_KEY": "", "VENAFI_CLIENT_P12": given.p12[:200]}, []string{"venafi.client_p12"}},
		"its password in its place":    {"certificate", map[string]string{"VENAFI_CLIENT_CERTIFICATE": "", "VENAFI_CLIENT_KEY": "", "VENAFI_CLIENT_P12": given.keyPassword, "VENAFI_P12_PASSWORD": given.p12}, []string{"venafi.client_p12"}},
		"a wrong password of PKCS#12":  {"certificate", map[string]string{"VENAFI_CLIENT_CERTIFICATE": "", "VENAFI_CLIENT_KEY": "", "VENAFI_CLIENT_P12": given.p12, "VENAFI_P12_PASSWORD": given.wrongSecret}, []string{"VENAFI_P12_PASSWORD"}},
		"a wrong password of a key":    {"id token", map[string]string{"VENAFI_CLIENT_KEY_PASSWORD": given.wrongSecret}, []string{"VENAFI_CLIENT_KEY_PASSWORD"}},
		"client_id":                    {"password", map[string]string{"VENAFI_CLIENT_ID": given.password}, []string{"login failed"}},
		"scope":                        {"password", map[string]string{"VENAFI_SCOPE": given.password}, []string{"login failed"}},
	} {
		s.backend.Huaweicloud.Unlock()
		env := s.environment(test.kind)
		maps.Copy(env, test.env)
		plan, err := s.terraform(env).Plan(t.Context(), s.resources(0))
		if err == nil {
			err = plan.Err()
		}
		if err == nil || !slices.ContainsFunc(test.reasons, func(reason string) bool { return strings.Contains(err.Error(), reason) }) {
			t.Errorf("%s: %v, want one of %q", name, err, test.reasons)
		}
	}
}
