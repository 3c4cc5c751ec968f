"""ISO 3166: alpha-2 code, alpha-3 code, names in lower case; some of a country's own names."""

COUNTRIES = """\
AD|AND|andorra
AE|ARE|united arab emirates
AF|AFG|afghanistan
AG|ATG|antigua and barbuda
AI|AIA|anguilla
AL|ALB|albania
AM|ARM|armenia
AO|AGO|angola
AQ|ATA|antarctica
AR|ARG|argentina
AS|ASM|american samoa
AT|AUT|austria|österreich
AU|AUS|australia
AW|ABW|aruba
AX|ALA|åland islands
AZ|AZE|azerbaijan
BA|BIH|bosnia and herzegovina
BB|BRB|barbados
BD|BGD|bangladesh
BE|BEL|belgium|belgique|belgië
BF|BFA|burkina faso
BG|BGR|bulgaria
BH|BHR|bahrain
BI|BDI|burundi
BJ|BEN|benin
BL|BLM|saint barthélemy|st. barthélemy
BM|BMU|bermuda
BN|BRN|brunei darussalam|brunei
BO|BOL|bolivia (plurinational state of)|bolivia
BQ|BES|bonaire, sint eustatius and saba
BR|BRA|brazil|brasil
BS|BHS|bahamas
BT|BTN|bhutan
BV|BVT|bouvet island
BW|BWA|botswana
BY|BLR|belarus
BZ|BLZ|belize
CA|CAN|canada
CC|CCK|cocos (keeling) islands
CD|COD|congo, democratic republic of the
CF|CAF|central african republic
CG|COG|congo|congo, republic of the
CH|CHE|switzerland|schweiz|suisse|svizzera
CI|CIV|côte d'ivoire|cote d'ivoire|ivory coast
CK|COK|cook islands
CL|CHL|chile
CM|CMR|cameroon
CN|CHN|china|china mainland
CO|COL|colombia
CR|CRI|costa rica
CU|CUB|cuba
CV|CPV|cabo verde|cape verde
CW|CUW|curaçao
CX|CXR|christmas island
CY|CYP|cyprus
CZ|CZE|czechia|czech republic
DE|DEU|germany|deutschland
DJ|DJI|djibouti
DK|DNK|denmark|danmark
DM|DMA|dominica
DO|DOM|dominican republic
DZ|DZA|algeria
EC|ECU|ecuador
EE|EST|estonia
EG|EGY|egypt
EH|ESH|western sahara
ER|ERI|eritrea
ES|ESP|spain|españa
ET|ETH|ethiopia
FI|FIN|finland|suomi
FJ|FJI|fiji
FK|FLK|falkland islands (malvinas)
FM|FSM|micronesia (federated states of)|micronesia
FO|FRO|faroe islands
FR|FRA|france
GA|GAB|gabon
GB|GBR|united kingdom of great britain and northern ireland|united kingdom|uk|great britain|england
GD|GRD|grenada
GE|GEO|georgia
GF|GUF|french guiana
GG|GGY|guernsey
GH|GHA|ghana
GI|GIB|gibraltar
GL|GRL|greenland
GM|GMB|gambia
GN|GIN|guinea
GP|GLP|guadeloupe
GQ|GNQ|equatorial guinea
GR|GRC|greece|hellas
GS|SGS|south georgia and the south sandwich islands
GT|GTM|guatemala
GU|GUM|guam
GW|GNB|guinea-bissau
GY|GUY|guyana
HK|HKG|hong kong
HM|HMD|heard island and mcdonald islands
HN|HND|honduras
HR|HRV|croatia|hrvatska
HT|HTI|haiti
HU|HUN|hungary|magyarország
ID|IDN|indonesia
IE|IRL|ireland
IL|ISR|israel
IM|IMN|isle of man
IN|IND|india
IO|IOT|british indian ocean territory
IQ|IRQ|iraq
IR|IRN|iran (islamic republic of)|iran
IS|ISL|iceland
IT|ITA|italy|italia
JE|JEY|jersey
JM|JAM|jamaica
JO|JOR|jordan
JP|JPN|japan|nippon
KE|KEN|kenya
KG|KGZ|kyrgyzstan
KH|KHM|cambodia
KI|KIR|kiribati
KM|COM|comoros
KN|KNA|saint kitts and nevis|st. kitts and nevis
KP|PRK|korea (democratic people's republic of)
KR|KOR|korea, republic of|south korea
KW|KWT|kuwait
KY|CYM|cayman islands
KZ|KAZ|kazakhstan
LA|LAO|lao people's democratic republic|laos
LB|LBN|lebanon
LC|LCA|saint lucia|st. lucia
LI|LIE|liechtenstein
LK|LKA|sri lanka
LR|LBR|liberia
LS|LSO|lesotho
LT|LTU|lithuania
LU|LUX|luxembourg
LV|LVA|latvia
LY|LBY|libya
MA|MAR|morocco
MC|MCO|monaco
MD|MDA|moldova, republic of|moldova
ME|MNE|montenegro
MF|MAF|saint martin (french part)|st. martin (french part)
MG|MDG|madagascar
MH|MHL|marshall islands
MK|MKD|north macedonia
ML|MLI|mali
MM|MMR|myanmar
MN|MNG|mongolia
MO|MAC|macao|macau
MP|MNP|northern mariana islands
MQ|MTQ|martinique
MR|MRT|mauritania
MS|MSR|montserrat
MT|MLT|malta
MU|MUS|mauritius
MV|MDV|maldives
MW|MWI|malawi
MX|MEX|mexico|méxico
MY|MYS|malaysia
MZ|MOZ|mozambique
NA|NAM|namibia
NC|NCL|new caledonia
NE|NER|niger
NF|NFK|norfolk island
NG|NGA|nigeria
NI|NIC|nicaragua
NL|NLD|netherlands|holland|the netherlands|nederland
NO|NOR|norway|norge
NP|NPL|nepal
NR|NRU|nauru
NU|NIU|niue
NZ|NZL|new zealand
OM|OMN|oman
PA|PAN|panama
PE|PER|peru
PF|PYF|french polynesia
PG|PNG|papua new guinea
PH|PHL|philippines
PK|PAK|pakistan
PL|POL|poland|polska
PM|SPM|saint pierre and miquelon|st. pierre and miquelon
PN|PCN|pitcairn
PR|PRI|puerto rico
PS|PSE|palestine, state of
PT|PRT|portugal
PW|PLW|palau
PY|PRY|paraguay
QA|QAT|qatar
RE|REU|réunion
RO|ROU|romania|românia
RS|SRB|serbia
RU|RUS|russian federation|russia
RW|RWA|rwanda
SA|SAU|saudi arabia
SB|SLB|solomon islands
SC|SYC|seychelles
SD|SDN|sudan
SE|SWE|sweden|sverige
SG|SGP|singapore
SH|SHN|saint helena, ascension and tristan da cunha|st. helena, ascension and tristan da cunha
SI|SVN|slovenia|slovenija
SJ|SJM|svalbard and jan mayen
SK|SVK|slovakia
SL|SLE|sierra leone
SM|SMR|san marino
SN|SEN|senegal
SO|SOM|somalia
SR|SUR|suriname
SS|SSD|south sudan
ST|STP|sao tome and principe|são tomé and principe
SV|SLV|el salvador
SX|SXM|sint maarten (dutch part)
SY|SYR|syrian arab republic|syria
SZ|SWZ|eswatini
TC|TCA|turks and caicos islands
TD|TCD|chad
TF|ATF|french southern territories
TG|TGO|togo
TH|THA|thailand
TJ|TJK|tajikistan
TK|TKL|tokelau
TL|TLS|timor-leste
TM|TKM|turkmenistan
TN|TUN|tunisia
TO|TON|tonga
TR|TUR|turkey|türkiye
TT|TTO|trinidad and tobago
TV|TUV|tuvalu
TW|TWN|taiwan, province of china|taiwan
TZ|TZA|tanzania, united republic of|tanzania
UA|UKR|ukraine
UG|UGA|uganda
UM|UMI|united states minor outlying islands
US|USA|united states of america|united states|usa|u.s.|u.s.a.
UY|URY|uruguay
UZ|UZB|uzbekistan
VA|VAT|holy see
VC|VCT|saint vincent and the grenadines|st. vincent and the grenadines
VE|VEN|venezuela (bolivarian republic of)|venezuela
VG|VGB|virgin islands (british)|british virgin islands
VI|VIR|virgin islands (u.s.)
VN|VNM|viet nam|vietnam
VU|VUT|vanuatu
WF|WLF|wallis and futuna
WS|WSM|samoa
XK|XKX|kosovo
YE|YEM|yemen
YT|MYT|mayotte
ZA|ZAF|south africa
ZM|ZMB|zambia
ZW|ZWE|zimbabwe
"""
