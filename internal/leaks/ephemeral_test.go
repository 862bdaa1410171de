// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package leaks

import (
	"maps"
	"strings"
	"testing"
)

// ephemeral is a provider block whose credentials are ephemeral values: variables, and the token of
// an ephemeral resource.
const ephemeral = `
variable "credentials" {
  type      = map(string)
  ephemeral = true
}

provider "appaccess" {
  huaweicloud {
    region              = "REGION"
    access_key          = var.credentials.access_key
    secret_key          = var.credentials.secret_key
    security_token      = var.credentials.security_token
    workspace_endpoint  = "HTTP_URL"
    iam_endpoint        = "HTTP_URL"
    requests_per_minute {
      read = 0
      write = 0
    }
    max_retries         = 0
  }
  enos {
    gateway_url = "HTTP_URL"
    access_key  = var.credentials.enos_key
    secret_key  = var.credentials.enos_secret
    org_id      = "ORG"
    max_retries = 0
  }
  venafi {
    url            = "TLS_URL"
    ca_certificate = file("${path.module}/ca.pem")
    client_id      = "CLIENT"
    username       = "local:leaks"
    password       = var.credentials.password
    max_retries    = 0
  }
}

provider "appaccess" {
  alias = "jwt"
  huaweicloud {
    region             = "REGION"
    shared_config_file = "PROFILES"
    profile            = "leaks"
    workspace_endpoint = "HTTP_URL"
    iam_endpoint       = "HTTP_URL"
    max_retries        = 0
    assume_role {
      agency_name = "operators"
      domain_name = "corp"
    }
  }
  venafi {
    url         = "HTTP_URL"
    client_id   = "CLIENT"
    jwt         = var.credentials.jwt
    max_retries = 0
  }
}

provider "appaccess" {
  alias = "certificate"
  huaweicloud {
    region             = "REGION"
    workspace_endpoint = "HTTP_URL"
    iam_endpoint       = "HTTP_URL"
    max_retries        = 0
    assume_role_with_oidc {
      idp_id   = "gitlab"
      id_token = var.credentials.id_token
    }
  }
  venafi {
    url                 = "TLS_URL"
    ca_certificate      = file("${path.module}/ca.pem")
    client_id           = "CLIENT"
    client_certificate  = var.credentials.certificate
    client_key          = var.credentials.key
    client_key_password = var.credentials.key_password
    max_retries         = 0
  }
}

provider "appaccess" {
  alias = "p12"
  huaweicloud {
    region             = "REGION"
    shared_config_file = "PROFILES"
    profile            = "agency"
    workspace_endpoint = "HTTP_URL"
    iam_endpoint       = "HTTP_URL"
    max_retries        = 0
  }
  venafi {
    url                 = "TLS_URL"
    ca_certificate      = file("${path.module}/ca.pem")
    client_id           = "CLIENT"
    client_p12          = var.credentials.p12
    client_p12_password = var.credentials.key_password
    max_retries         = 0
  }
}

ephemeral "appaccess_venafi_access_token" "e" {
  scope = "admin;configuration"
}

provider "appaccess" {
  alias  = "token"
  venafi {
    url = "HTTP_URL"
    access_token = ephemeral.appaccess_venafi_access_token.e.access_token
    max_retries = 0
  }
}

data "appaccess_venafi_identity" "jwt" {
  provider = appaccess.jwt
  name     = "local:somebody2"
}

data "appaccess_venafi_identity" "certificate" {
  provider = appaccess.certificate
  name     = "local:somebody3"
}

data "appaccess_venafi_identity" "p12" {
  provider = appaccess.p12
  name     = "local:somebody5"
}

data "appaccess_huaweicloud_apps" "jwt" {
  provider = appaccess.jwt
}

data "appaccess_huaweicloud_apps" "certificate" {
  provider = appaccess.certificate
}

data "appaccess_huaweicloud_apps" "p12" {
  provider = appaccess.p12
}

data "appaccess_venafi_identity" "token" {
  provider = appaccess.token
  name     = "local:somebody4"
}
`

// Credentials may be ephemeral values, and are then neither in the plan nor in the state. Terraform
// before 1.10 and OpenTofu before 1.11 have none: there the same configuration takes them from the
// environment, which the other tests show, and must be refused for the right reason.
func TestEphemeralValues(t *testing.T) {
	t.Parallel()
	s := start(t)
	p := newProject(t, s, map[string]string{
		"main.tf": required + strings.NewReplacer("REGION", region, "ORG", orgID, "PROFILES", s.file("profiles.json", s.given.profiles)).Replace(s.fill(ephemeral)) + s.fill(everything),
	})
	credentials := map[string]string{
		"access_key": s.given.temporaryKey, "secret_key": s.given.temporarySecret, "security_token": s.given.securityToken,
		"enos_key": s.given.enosKey, "enos_secret": s.given.enosSecret, "password": s.given.password, "jwt": s.given.jwt, "id_token": s.given.idToken,
		"certificate": s.given.certificate, "key": s.given.encryptedKey, "key_password": s.given.keyPassword, "p12": s.given.p12,
	}
	p.setenv(map[string]string{"TF_VAR_credentials": "{" + hcl(credentials) + "}"})
	if !p.atLeast("1.10.0", "1.11.0") {
		p.fails([]string{"ephemeral"}, "init")
		p.checkSecrets(map[string]string{"said/": "ephemeral"})
		return
	}
	p.must("init")
	p.must("plan", "-out=first.tfplan")
	p.must("show", "-json", "first.tfplan")
	p.must("apply", "first.tfplan")
	p.must("apply", "-auto-approve", "-var=variant=1")
	p.must("show", "-json")
	p.must("apply", "-auto-approve", "-destroy")
	for _, name := range []string{"secret_key", "enos_secret", "password", "jwt", "id_token"} {
		credentials[name] = s.given.wrongSecret
	}
	p.setenv(map[string]string{"TF_VAR_credentials": "{" + hcl(credentials) + "}"})
	p.fails([]string{"huaweicloud.assume_role_with_oidc.id_token"}, "plan", "-json")
	p.checkSecrets(map[string]string{
		"first.tfplan!tfplan": account, "first.tfplan!tfstate": "terraform_version", "terraform.tfstate.backup": account, "said/": "AuthorizeCertificate",
	})
	counts := maps.Clone(s.backend.Recorder.Counts())
	for _, operation := range []string{"AuthorizeOAuth", "AuthorizeJwt", "AuthorizeCertificate", "RevokeToken", "CreateUnscopedTokenWithIdToken", "SecurityTokens"} {
		if counts[operation] == 0 {
			t.Errorf("%s never came: %v", operation, counts)
		}
	}
	s.learntAll(t)
}

// hcl writes texts as the attributes of an object.
func hcl(texts map[string]string) string {
	var b strings.Builder
	for name, text := range texts {
		b.WriteString(name + " = \"" + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "%{", "%%{", "${", "$${").Replace(text) + "\",")
	}
	return b.String()
}
