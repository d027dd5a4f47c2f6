from consent import about_me_urls, purpose_urls, sign_in_urls

app_name = "consent"
urlpatterns = [*purpose_urls.urlpatterns, *about_me_urls.urlpatterns, *sign_in_urls.urlpatterns]
