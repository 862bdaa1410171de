// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud/credential"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
	mock "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
)

const idToken = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJwaXBlbGluZSJ9.c2lnbmF0dXJl"

// identities is what IAM knows in these tests.
func identities() mock.Identities {
	return mock.Identities{
		Agencies: []mock.Agency{
			{Name: "operators", DomainName: "corp", DomainID: "d0", TrustedBy: []string{"AK"}}, {Name: "second", DomainName: "corp", DomainID: "d0", TrustedBy: []string{"*"}},
		},
		Providers: []mock.IdentityProvider{{ID: "gitlab", Tokens: []string{idToken}}}, ServerAgency: true,
	}
}

func static(iam credential.IAM) (credential.Source, error) {
	return credential.Static(credential.Keys{AccessKey: "AK", SecretKey: "SK-of-the-test"}, "from the environment"), nil
}

func assume(agency credential.Agency) func(credential.IAM) (credential.Source, error) {
	return func(iam credential.IAM) (credential.Source, error) {
		base, err := static(iam)
		if err != nil {
			return nil, err
		}
		return iam.Assume(base, agency)
	}
}

func exchange(oidc credential.OIDC) func(credential.IAM) (credential.Source, error) {
	return func(iam credential.IAM) (credential.Source, error) { return iam.Exchange(oidc) }
}

// startWith runs a mock that knows the identities, and a client with the source.
func startWith(t *testing.T, source func(credential.IAM) (credential.Source, error)) *bench {
	t.Helper()
	b := start(t, map[string]mock.App{cad: {Name: "CAD"}}, func(c *huaweicloud.Config) {
		c.AccessKey, c.SecretKey, c.Credentials = "", "", source
		c.Rest.MaxRetries, c.ProjectID = 1, project
	})
	b.SetIdentities(identities())
	return b
}

func TestSourcesOfCredentials(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(idToken+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		source func(credential.IAM) (credential.Source, error)
		wants  []string // of the error
	}{
		"agency by name":  {source: assume(credential.Agency{Name: "operators", DomainName: "corp"})},
		"agency by id":    {source: assume(credential.Agency{Name: "operators", DomainID: "d0", Duration: 15 * time.Minute})},
		"token":           {source: exchange(credential.OIDC{Provider: "gitlab", Token: idToken})},
		"token of a file": {source: exchange(credential.OIDC{Provider: "gitlab", TokenFile: file, DomainID: "d0"})},
		"agency of a token": {source: func(iam credential.IAM) (credential.Source, error) {
			base, err := iam.Exchange(credential.OIDC{Provider: "gitlab", Token: idToken})
			if err != nil {
				return nil, err
			}
			return iam.Assume(base, credential.Agency{Name: "second", DomainID: "d0"})
		}},
		"wrong agency":   {assume(credential.Agency{Name: "admins", DomainName: "corp"}), []string{"403", "1204", "the agency admins", "from the environment", "iam:agencies:assume"}},
		"wrong account":  {assume(credential.Agency{Name: "operators", DomainName: "other"}), []string{"403", "domain_name"}},
		"wrong token":    {exchange(credential.OIDC{Provider: "gitlab", Token: "eyJ0aGlzIjoiaXMgYW5vdGhlciJ9.e30.c2ln"}), []string{"401", "1112", "identity provider gitlab", "id_token", "has not expired"}},
		"wrong provider": {exchange(credential.OIDC{Provider: "github", Token: idToken}), []string{"404", "1109", "idp_id"}},
		"no file":        {exchange(credential.OIDC{Provider: "gitlab", TokenFile: file + "x"}), []string{"id_token_file", file + "x"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := startWith(t, tc.source)
			for range 3 { // a refusal is not asked for again, which would lock a key
				_, err := b.client.ListApps(t.Context(), "")
				if (err == nil) != (len(tc.wants) == 0) {
					t.Fatal(err)
				}
				for _, want := range tc.wants {
					if !strings.Contains(err.Error(), want) {
						t.Errorf("the error lacks %q: %v", want, err)
					}
				}
				for _, secret := range []string{"SK-of-the-test", idToken[:40], "eyJ0aGlzIjoiaXMgYW5vdGhlciJ9"} {
					if err != nil && strings.Contains(err.Error(), secret) {
						t.Errorf("the error holds a secret: %v", err)
					}
				}
			}
			asked := 0
			for _, r := range b.recorder.All() {
				if r.Path == "/v3.0/OS-CREDENTIAL/securitytokens" && r.Status == http.StatusForbidden {
					asked++
				}
			}
			if asked > 1 {
				t.Errorf("%d requests were refused", asked)
			}
		})
	}
}

// metadataOf is a source whose address is that of a server here.
func metadataOf(server *httptest.Server) credential.Source {
	return credential.Metadata(func(ctx context.Context, network, address string) (net.Conn, error) {
		if address != "169.254.169.254:80" {
			return nil, net.UnknownNetworkError(address)
		}
		return new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
	})
}

func TestMetadataService(t *testing.T) {
	t.Parallel()
	b := start(t, map[string]mock.App{cad: {Name: "CAD"}})
	server := httptest.NewServer(b.Backend)
	t.Cleanup(server.Close)
	for _, insists := range []bool{false, true} {
		known := identities()
		known.MetadataToken = insists
		b.SetIdentities(known)
		source := metadataOf(server)
		client := b.dial(func(c *huaweicloud.Config) {
			c.AccessKey, c.SecretKey = "", ""
			c.Credentials = func(credential.IAM) (credential.Source, error) { return source, nil }
		})
		if _, err := client.ListApps(t.Context(), ""); err != nil {
			t.Errorf("insists %v: %v", insists, err)
		}
	}
	b.SetIdentities(mock.Identities{})
	if _, err := metadataOf(server).Keys(t.Context()); err == nil || !strings.Contains(err.Error(), "give the server an agency") {
		t.Errorf("without an agency: %v", err)
	}
}

// Anywhere but on a cloud server nobody answers: that must not take long, and must end with the
// caller.
func TestSlowMetadataServiceIsGivenUp(t *testing.T) {
	t.Parallel()
	done := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-done }))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(done) })
	began := time.Now()
	if _, err := metadataOf(server).Keys(t.Context()); err == nil || !strings.Contains(err.Error(), "no answer within 1s") {
		t.Errorf("got %v", err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %s", took)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := metadataOf(server).Keys(ctx); err == nil {
		t.Error("an ended context gives keys")
	}
}

// The credentials are named where they are refused.
func TestRefusedKeysAreNamed(t *testing.T) {
	t.Parallel()
	b := startWith(t, func(credential.IAM) (credential.Source, error) {
		return credential.Static(credential.Keys{AccessKey: "AK", SecretKey: "wrong"}, "from profile production in /home/me/.hcloud/config.json"), nil
	})
	_, err := b.client.ListApps(t.Context(), "")
	if err == nil || !strings.Contains(err.Error(), "The credentials are from profile production in /home/me/.hcloud/config.json.") {
		t.Errorf("got %v", err)
	}
	if e, ok := err.(*rest.Error); ok && e.Attempts > 1 { //nolint:errorlint // the outermost one counts
		t.Errorf("%d attempts", e.Attempts)
	}
}
