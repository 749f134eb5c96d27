#!/usr/bin/env bash
# Unpack the Debian packages that lines are drawn from into a folder: fetch.sh FOLDER
set -euo pipefail
folder=${1:?usage: fetch.sh FOLDER}
packages=(
  fonts-paratype fonts-dejavu-core fonts-dejavu-extra fonts-liberation2 fonts-freefont-ttf
  fonts-noto-core fonts-noto-mono fonts-roboto-unhinted fonts-roboto-slab fonts-oldstandard
  fonts-linuxlibertine fonts-crosextra-carlito fonts-crosextra-caladea fonts-jetbrains-mono
  fonts-hack fonts-sil-charis fonts-sil-andika fonts-cantarell fonts-lato fonts-open-sans
  fonts-urw-base35 fonts-cmu fonts-stix fonts-play fonts-croscore fonts-firacode
  fonts-wqy-microhei fonts-wqy-zenhei fonts-noto-cjk fonts-arphic-uming fonts-nanum fonts-ipafont-gothic
  fonts-ocr-b fonts-anonymous-pro fonts-averia-gwf fonts-bebas-neue fonts-breip fonts-courier-prime
  fonts-dancingscript fonts-ecolier-court fonts-inter fonts-kristi fonts-lobster fonts-lobstertwo
  fonts-rufscript fonts-sjfonts
  fonts-sil-gentium-basic fonts-comic-neue fonts-league-mono
  hunspell-ru hunspell-uk hunspell-be manpages-ru wordnet-base
  developers-reference-ru debian-faq-ru maint-guide-ru aptitude-doc-ru doublecmd-help-ru
)
mkdir -p "$folder/debs"
(cd "$folder/debs" && apt-get download -qq "${packages[@]}")
for package in "$folder"/debs/*.deb; do dpkg -x "$package" "$folder/root"; done
