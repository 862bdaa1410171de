data "appaccess_huaweicloud_app" "cad" {
  name = "CAD Workbench"
}

resource "appaccess_huaweicloud_app_authorization_set" "cad" {
  app_ids = [data.appaccess_huaweicloud_app.cad.id]
  users   = { "corp.example.com" = { wangwu = "AD" } }
}
