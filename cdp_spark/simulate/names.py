"""Names, streets and towns the demo people are made of, by country."""

FIRST = {
    "AT": "Anna Lukas Maria David Sophie Jakob Lena Paul Julia Elias Laura Felix Sarah Maximilian Katharina Tobias "
    "Hannah Florian Magdalena Stefan Johanna Michael Theresa Thomas Elisabeth Andreas Eva Christoph Barbara Martin "
    "Jürgen Günther Zoë Renée Ivana Marko Ayşe Mehmet Petra Gerhard",
    "DE": "Mia Ben Emma Leon Hanna Finn Emilia Noah Lina Jonas Clara Luis Lea Paul Marie Henry Frieda Oskar Greta Emil "
    "Jan Tim Nina Kai Anja Sven Heike Uwe Sabine Jörg Björn Käthe Anke Dirk Silke Olaf Birgit Frank Ute Ralf",
    "GB": "Olivia George Amelia Harry Isla Oliver Ava Jack Emily Charlie Sophia Thomas Grace James Lily William Freya "
    "Alfie Poppy Oscar Ella Archie Rosie Joshua Daisy Ethan Niamh Liam Siobhán Callum",
    "US": "Liam Emma Noah Olivia James Ava Mason Isabella Logan Mia Lucas Charlotte Ethan Harper Jacob Evelyn Michael "
    "Abigail Daniel Madison José Sofía Tyler Ashley Brandon Megan Kevin Nicole Ryan Amber",
}
LAST = {
    "AT": "Gruber Huber Bauer Wagner Müller Pichler Steiner Moser Mayer Hofer Leitner Berger Fuchs Eder Fischer Schmid "
    "Winkler Weber Schwarz Maier Schneider Reiter Mayr Schmidt Wimmer Egger Brunner Lang Baumgartner Auer Binder "
    "Lechner Wolf Wallner Aigner Ebner Koller Lehner Haas Schuster Novak Horvath Kovács Şahin Jovanović Öllinger",
    "DE": "Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Schäfer Koch Bauer Richter Klein "
    "Wolf Schröder Neumann Schwarz Zimmermann Braun Krüger Hofmann Hartmann Lange Schmitt Werner Krause Lehmann Köhler "
    "Maier Kaiser Fuchs Peters Lang Scholz Möller Weiß Jung Hahn Vogel Friedrich Keller Günther Frank Berger Groß",
    "GB": "Smith Jones Taylor Brown Williams Wilson Johnson Davies Robinson Wright Thompson Evans Walker White Roberts "
    "Green Hall Wood Jackson Clarke Patel Khan O'Brien Murphy Kelly Campbell Stewart Fraser Hughes Lewis",
    "US": "Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez Gonzalez Wilson "
    "Anderson Thomas Taylor Moore Jackson Martin Lee Perez Thompson White Harris Sanchez Clark Nguyen Hill Flores",
}
STREETS = {
    "AT": "Hauptstraße Bahnhofstraße Kirchengasse Schulgasse Lindengasse Feldgasse Gartengasse Ringstraße Mühlgasse "
    "Bergstraße Wiesenweg Rosengasse",
    "DE": "Hauptstraße Schulstraße Gartenstraße Bahnhofstraße Dorfstraße Bergstraße Lindenstraße Kirchweg Waldstraße "
    "Ringstraße Amselweg Goethestraße",
    "GB": "High_Street Station_Road Church_Lane Victoria_Road Green_Lane Manor_Road Park_Avenue Queens_Road Mill_Lane "
    "School_Lane",
    "US": "Main_St Oak_Ave Maple_St Cedar_Ln Park_Ave Elm_St Washington_Blvd Lake_Dr Hill_Rd Pine_St",
}
TOWNS = {
    "AT": "1010_Wien 1070_Wien 1100_Wien 1160_Wien 1220_Wien 8010_Graz 8020_Graz 4020_Linz 5020_Salzburg "
    "6020_Innsbruck 9020_Klagenfurt 3100_St._Pölten",
    "DE": "10115_Berlin 10999_Berlin 20095_Hamburg 80331_München 50667_Köln 60311_Frankfurt 70173_Stuttgart "
    "04109_Leipzig 01067_Dresden 90402_Nürnberg",
    "GB": "SW1A_1AA_London E1_6AN_London M1_1AE_Manchester B1_1AA_Birmingham LS1_1UR_Leeds EH1_1YZ_Edinburgh",
    "US": "10001_New_York 60601_Chicago 94105_San_Francisco 02108_Boston 98101_Seattle 78701_Austin",
}
COUNTRY_SHARE = {"AT": 0.45, "DE": 0.30, "GB": 0.15, "US": 0.10}


def words(text: str) -> tuple[str, ...]:
    """The entries of one of the lists above."""
    return tuple(entry.replace("_", " ") for entry in text.split())


def town(entry: str, country: str) -> tuple[str, str]:
    """Postcode and city of an entry of TOWNS, such as '1010 Wien' or 'M1 1AE Manchester'."""
    parts = entry.split(" ")
    size = 2 if country == "GB" else 1
    return " ".join(parts[:size]), " ".join(parts[size:])
