"""Names for invented guests.

Common given and family names of many languages, from which the recipe draws
pairs. No pair stands for a real person. A name that is not written in Latin
letters carries its romanisation after a slash, for the e-mail address.
"""

import unicodedata
from dataclasses import dataclass


@dataclass(frozen=True)
class Language:
    """How one language writes a full name, and the parts to draw from."""

    pattern: str
    given: tuple[str, ...]
    family: tuple[str, ...]


def _language(given: str, family: str, pattern: str = "{given} {family}") -> Language:
    # An underscore stands for a space inside one name.
    return Language(pattern, tuple(given.split()), tuple(family.split()))


LANGUAGES = {
    "portuguese": _language(
        "João Maria José Inês António Conceição Luís Beatriz Gonçalo Leonor Rui Mariana Tomás Graça Estêvão Lúcia",
        "Silva Santos Ferreira Conceição Gonçalves Araújo de_Sá Magalhães Simões Patrício Brandão Leitão Cunha Falcão",
    ),
    "brazilian": _language(
        "Thiago Letícia Caio Júlia Vinícius Antônia Davi Luíza Otávio Cecília",
        "Souza Barbosa Araújo Assunção Peçanha Guimarães Cardoso Sampaio Vasconcelos Teixeira",
    ),
    "angolan": _language(
        "Domingos Isabel Adão Esperança Manuel Teresa Kiala Luzia Afonso Nzinga",
        "dos_Santos Manuel Kiala Sebastião Mateus João_Neto Cassoma Bumba Domingos Lukeny",
    ),
    "french": _language(
        "Chloé François Zoé Jérôme Anaïs Benoît Hélène Loïc Maëlle Théo Aurélie Gaël",
        "Lefèvre Moreau Géraud D'Aubigny Besançon Le_Goff Pruvôt Noël Desprès Châtelain Roux Beauchêne",
    ),
    "spanish": _language(
        "Álvaro Lucía Íñigo Nuria Joaquín Begoña Sebastián Ainhoa Andrés Inés Martín Pilar",
        "Núñez García_Peña Ibáñez Muñoz Echeverría Castaño Sánchez_Gil Vázquez Ordóñez Quiñones",
    ),
    "italian": _language(
        "Niccolò Giulia Matteo Chiara Nicolò Sofia Alessio Beatrice Andrea Noemi",
        "Dell'Acqua Rossi Forlì De_Luca Bianchi Pezzè Marchetti D'Amico Cantù Galli",
    ),
    "german": _language(
        "Jürgen Käthe Björn Anneliese Götz Liesel Lukas Grete Sören Ursula",
        "Müller Schäfer Groß Weiß von_der_Heide Köhler Strauß Böhm Vogt Krüger",
    ),
    "english": _language(
        "Oliver Amelia Rhys Siân George Zoë Alistair Niamh Harriet Callum Seán Imogen",
        "O'Brien Ashworth Penhaligon MacLeod Whitaker Fitz-Gerald Okafor Llewellyn Hartley Brontë Smith-Jones",
    ),
    "american": _language(
        "Ethan Madison Tyrone Ashley Logan Imani Carlos Peyton Wyatt Renée",
        "Johnson Washington Nguyen Delacroix Petersen Muñoz Kowalski Bailey Yazzie Harper",
    ),
    "dutch": _language(
        "Daan Anouk Joris Femke Noël Marijke Sjoerd Zoë Thijs Liesbeth",
        "de_Vries van_den_Berg IJsselstein van_'t_Hof Brouwer Hoekstra Coördes Mulder",
    ),
    "finnish": _language(
        "Väinö Päivi Eero Sanni Yrjö Tuuli Jyrki Aino",
        "Mäkinen Hämäläinen Öhman Korhonen Räsänen Ylönen",
    ),
    "swedish": _language(
        "Åsa Göran Märta Håkan Linnéa Björn Ebba Sören",
        "Lindström Åkesson Öberg Sjöberg Nyström Hägglund",
    ),
    "polish": _language(
        "Łukasz Zofia Stanisław Małgorzata Paweł Agnieszka Michał Żaneta",
        "Wiśniewska Dąbrowski Żuraw Łęcki Kowalczyk Świątek Jóźwiak",
    ),
    "romanian": _language(
        "Ștefan Ioana Răzvan Crina Mihăiță Anca",
        "Popescu Țurcanu Ionescu Stănescu Brâncuși Mureșan",
    ),
    "croatian": _language("Željko Đurđa Zvonimir Šime Ćiril Mirjana", "Horvat Perković Đurić Šarić Kovačić"),
    "turkish": _language("Çağla Emre İpek Şule Oğuz Gökçe", "Yılmaz Öztürk Şahin Güneş Çelik Doğan"),
    "vietnamese": _language(
        "Thị_Hương Văn_Đức Minh_Tuấn Ngọc_Ánh Quốc_Việt", "Nguyễn Trần Phạm Đặng Lê Vũ", "{family} {given}"
    ),
    "icelandic": _language("Þóra Guðmundur Sæunn Örn Ásdís", "Jónsdóttir Þorsteinsson Ægisson Sigurðardóttir"),
    "ukrainian": _language(
        "Олексій/Oleksii Соломія/Solomiia Тарас/Taras Єва/Yeva Надія/Nadiia",
        "Шевчук/Shevchuk Ковальчук/Kovalchuk Гриценко/Hrytsenko Щербина/Shcherbyna",
    ),
    "russian": _language(
        "Анна/Anna Дмитрий/Dmitrii Ольга/Olga Юрий/Yurii", "Шевченко/Shevchenko Черных/Chernykh Корниенко/Kornienko"
    ),
    "greek": _language(
        "Ελένη/Eleni Γιώργος/Giorgos Σοφία/Sofia Νίκος/Nikos", "Παππάς/Pappas Νικολάου/Nikolaou Γεωργίου/Georgiou"
    ),
    "arabic": _language(
        "محمد/Mohammed فاطمة/Fatima يوسف/Youssef ليلى/Layla خالد/Khalid مريم/Maryam عمر/Omar نور/Nour",
        "العلي/Al-Ali الحسن/Al-Hassan بن_سالم/Bin-Salem المنصوري/Al-Mansouri حداد/Haddad القاسمي/Al-Qasimi",
    ),
    "hebrew": _language("נועה/Noa איתן/Eitan תמר/Tamar", "כהן/Cohen לוי/Levi פרידמן/Friedman"),
    "chinese": _language(
        "伟/Wei 秀英/Xiuying 子涵/Zihan 志强/Zhiqiang 雨桐/Yutong 建国/Jianguo",
        "王/Wang 李/Li 欧阳/Ouyang 陈/Chen 赵/Zhao 刘/Liu",
        "{family}{given}",
    ),
    "japanese": _language(
        "健太/Kenta 美咲/Misaki 翔/Sho 葵/Aoi 直樹/Naoki", "佐藤/Sato 鈴木/Suzuki 渡邉/Watanabe 小野寺/Onodera", "{family} {given}"
    ),
    "korean": _language("민준/Minjun 서연/Seoyeon 지후/Jihu 하은/Haeun", "김/Kim 이/Lee 박/Park 남궁/Namgung", "{family}{given}"),
    "thai": _language(
        "สมชาย/Somchai กัญญา/Kanya ณัฐพงศ์/Natthaphong อรุณี/Arunee ปิยะ/Piya",
        "ใจดี/Jaidee ศรีสุข/Srisuk วงศ์สวัสดิ์/Wongsawat ทองดี/Thongdee",
    ),
    "indian": _language(
        "Aarav Priya Rohan Lakshmi प्रिया/Priya अर्जुन/Arjun தமிழ்ச்செல்வி/Tamilselvi", "Sharma Iyer पटेल/Patel Banerjee Reddy"
    ),
}

# Country of the booking (ISO 3166 alpha-3, as the table gives it) to language.
COUNTRIES = {
    "PRT": "portuguese", "BRA": "brazilian", "AGO": "angolan", "MOZ": "angolan", "FRA": "french", "BEL": "french",
    "BFA": "french", "ESP": "spanish", "AND": "spanish", "PER": "spanish", "ECU": "spanish", "COL": "spanish",
    "MEX": "spanish", "VEN": "spanish", "ITA": "italian", "DEU": "german", "AUT": "german", "CHE": "german",
    "GBR": "english", "IRL": "english", "ZAF": "english", "USA": "american", "NLD": "dutch",
    "FIN": "finnish", "SWE": "swedish", "POL": "polish", "ROU": "romanian", "HRV": "croatian", "CHN": "chinese",
    "KOR": "korean", "IND": "indian", "UKR": "ukrainian", "RUS": "russian", "OMN": "arabic", "IRQ": "arabic",
    "EGY": "arabic", "ARE": "arabic", "MAR": "arabic", "SAU": "arabic", "DZA": "arabic",
}  # fmt: skip

# Letters that have no decomposition of their own.
_PLAIN = str.maketrans({
    "ß": "ss", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ð": "d", "þ": "th", "Þ": "Th", "æ": "ae", "Æ": "Ae", "ı": "i",
    "ø": "o", "Ø": "O",
})  # fmt: skip


def written(part: str) -> str:
    """The name as the guest writes it."""
    return part.split("/")[0].replace("_", " ")


def latin(part: str) -> str:
    """The name in the letters of an e-mail address."""
    decomposed = unicodedata.normalize("NFKD", part.split("/")[-1].translate(_PLAIN))
    return "".join(letter for letter in decomposed.lower() if letter.isascii() and letter.isalpha())
