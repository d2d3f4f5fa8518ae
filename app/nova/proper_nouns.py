"""What has a capital and is nobody's name: days, feasts, faiths, peoples, signs of the zodiac,
places, banks, shops, couriers, networks, vehicles, teams, schools, dishes, medicines, colours.
Lower case.
"""

from __future__ import annotations

from app.nova.vocabulary import word_set

PROPER_NOUNS = word_set(
    """
    aamiin abu-abu acer adelaide adha adhd adidas adira advan advent aerox aespa afrika agnostic
    agoda agya ahad aia aids airasia airbnb airpods ajaib ajax akulaku alfamidi alibaba
    aliexpress allianz allo allsize alodokter alphard alun-alun ambarawa ambivert americano
    amerika amex amoxicillin amsterdam ancol angin antangin antapani apartemen apartment apotek
    aqua arabic arema aremania argentina army arsenal asam asar ashar asn astaghfirullah astra
    astrazeneca asus ateis atheis atmajaya auckland audi aussie autis autistic autocad avanza
    avengers avoskin axa axioo ayam ayla azarine badung baf bakmi bakso bandara bangka bangkalan
    bangkok banjar banjarbaru bantul banyumas banyuwangi barbie barca barcelona bareksa basic
    bata batagor batam batang batik batu bawen bayern bear beat beatstreet bebek bebelac beige
    beijing belanda belitung bengali beras berlin betadine bibit binance binjai bintan bintaro
    binus birmingham biru bismillah bitcoin bitung biznet bjb blackpink blibli blink blitar blok
    blora blu bluebird bmw boba bodrex bojonegoro bojonggede bondowoso bonek bontang booster
    borneo boston botox boyolali bpkb brand brasil brazil brebes brio brisbane brit brizzi
    brunei brussels bsd bsu btn bts buahbatu buddha budha bugis bukit bukittinggi bukopin bulls
    bumble bumiputera bumn bupati burger busan byd byu cafe cairo cakung california calya canada
    canggu canon canva cappuccino capricornus carousell carrefour carvil casio cawang cebu
    celana celiac cempaka cengkareng century cfo chanel chatgpt chatime chennai chery chevrolet
    chicago christianity chrome ciamis cianjur cibinong cibitung cibubur cihampelas cikarang
    cikupa cilacap cilandak ciledug cilegon cileungsi cileunyi cilincing cilok cimahi cimb cina
    cinangka cinere cipayung cipete ciputat ciracas cireng citayam citibank citilink civic
    cleanser clinic cluster cmo coca-cola coke cokelat coklat colomadu combo commuterline
    condongcatur conservative converse coo copenhagen corel corona cosmos covid covid-19 covid19
    cream crv crypto cs cumi dada dago daihatsu daikin dallas danamon dancow danone darmo dayak
    dbd dbs deadpool deepavali delhi deli deliveree dell delta demak democrat desa dhuha dhuhur
    diabetes diamond dimsum dior discord disney distributor diwali djarum doha dolar dollar
    doraemon dortmund dove downy dpr dropship dropshipper dubai dublin ducati duha dukcapil
    dumai dunkin duren dzuhur edge edinburgh egypt eiger electrolux emina emirates ende enfj
    enfp enhypen entj entp epileptic epson erigo eropa ertiga es esfj esfp espresso estj estp
    ethereum etsy euro everton excel exo facial fakultas fanta farma fatmawati fb feminist fif
    figma filler firefox firstmedia flazz flores flutter ford fore fortuner frankfurt frozen
    fujifilm galungan gambir gamis gang garam garnier garuda garut gedebage gedung geneva gerd
    gianyar gili glasgow glodok gluten gocar godean godzilla gofood goku gol golang gold
    golongan gopaylater goride gorontalo gosend gowa gpn grabcar grabexpress grabfood graha
    gramedia gree gresik griya grogol groot gryffindor guangzhou guardian gubeng gubernur gucci
    gudang gudeg gula gulaku gunadarma gunung gunungkidul h&m hakka halmahera halodoc hamburg
    hanasui hanoi hanukkah harapan harley-davidson helsinki hermes hermina hijab hijaber hindi
    hino hipertensi hitam hiv hogwarts hokkien honda hong hongkong honor hoodie hormat hotel
    hotmail houston hrga hrv hsbc hse huawei hufflepuff hulk hypermart hyundai ibuprofen
    idexpress idr idul iduladha idulfitri iflix igd ikan ikea im3 imigrasi implora indihome
    indodana indodax indofood indomie indramayu indriver infinix infj informa infp inggris
    innova insta institut insto insyaallah inter intj intolerant intp ios ipad ipb ironman isfj
    isfp isra israel istanbul istj istp isuzu isya italia italy itb itel itzy j&t jababeka
    jakbar jaket jakmania jakpus jaksel jaktim jakut jamsostek janji jantung jasindo jatiasih
    jatibening jatinegara java javascript jayapura jazz jco jd jeddah jedi jembatan jember
    jembrana jenius jepang jepara jerman jesus jilbab jimbaran jingga jl jogjakarta johannesburg
    johar johor jombang joox jumbo jus juve juventus k-pop kader kai kalbar kali kalideres
    kalimalang kaliurang kalsel kaltara kalteng kaltim kamar kambing kampung kampus kanada
    kanton kaos karangasem karawang kartasura kaskus kawasaki kebayoran kebon kebumen kebun
    kediri kejawen keju kelapa kemang kemayoran kembangan kemenkes kendal kendari kenjeran
    kentang kerobokan ketapang kfc khaki khonghucu kia kimia kip kis kiwi klaten klinik
    klungkung klx koja kolesterol komplek kong konghucu kopi kopiko kota kotlin kpk kpop kpopers
    kranji kredivo krem krl ktp kua kuala kudus kue kulonprogo kuning kuningan kupang kuta
    kuwait kyoto l'oreal labuan lactose lagos lakarsantri lakers lalamove lamongan lantai
    laravel laser latte lawang lebak lebakbulus leeds lefty lego lele lembang lenovo level lexus
    liberal lifebuoy line linkaja linkedin linux lion lionair lippo liverpool logitech loki
    londoner loreal lottemart lover lovers lrt lubuklinggau luffy lumajang lumpur lupus lurah
    maag mac macbook macos madinah madiun madrid magelang magenta magetan maghrib magrib
    majalaya majalengka makeover makkah malay malioboro mall maluku mampang mamypoko manchester
    mandarin mangga manila manokwari manulife marlboro maroon maros martapura marvel marxist
    maspion masyaallah matahari mataram matcha matraman maulid maumere maxim mayapada maybank
    maybelline mayora mazda mcd mcdonald mcdonald's mcdonalds meja mekah meksiko melbourne
    menteng merauke mercedes-benz mercy merries mesir metro mexico mi'raj miami mie migrain
    migren milan milano milo minangkabau miniso minyak mio mitsubishi mixue miyako moana mobilio
    mocca mocha modena moderna moisturizer mojokerto molto mormon moscow mrt msglow mts muamalat
    muara muhammadiyah mumbai munich mylanta myrepublic nabi nabire nairobi namaste naples
    naruto nasi navy nct negatif neobank nestle nevada newjeans nganjuk ngawi niaga nias nike
    nikon nintendo nisp nissan nivea nmax nokia nopember npwp nu nugget nusadua ocbc olx omega
    omicron openai opera optimus oranye oreo orthodox osaka oslo otaku oto outlook ovaltine
    oxygen p3k pacitan padalarang paha pajero palangkaraya palestina palestine palmerah palu
    palur pamekasan pampers pamulang panadol panasonic pancoran pandeglang pangkalpinang panin
    pantai pantene paracetamol parepare parung pasar paskah pasuruan pati paud paxel payakumbuh
    paylater pcx pebruari pedas pegadaian pegipegi pekalongan pelabuhan pemalang pematangsiantar
    pempek penang pentakosta pepsi perancis persebaya persian persib persija persipura persis
    pertalite pertamax perth perum pfizer pgn philips photoshop php phuket piaggio pic pigeon
    pikachu pinjol pinoy pinterest pintu pizza platinum playstation plaza plt pluang pluit pns
    pocari poco pokemon politeknik polri poltek polytron pond's pondok pondokgede ponds ponorogo
    porsi portugal positif poso posyandu powerpoint prabumulih prada prambanan prancis premium
    presiden pribumi prime pro probolinggo prodia promag protestan protestant prudential ps4 ps5
    psg psis psm pss pulau pulogadung puma puri purwakarta purwokerto purworejo puskesmas putih
    python qatar qris ramayana ramen rancaekek rasulullah ravenclaw rawamangun reaktif realme
    reddit redmi regency rembang rendang republican residence resto revo rex rhesus righty
    ringgit rinnai rinso riyadh rolex roma rome room roti rotterdam rs rsud rt rumahsakit
    rungkut rupiah rush rusia russia rw sabah safari sagittarius sahur saigon salafi salatiga
    salem salon sambal sampang sampit sampoerna samsat sandal sanur sapi sarawak sarinah sasak
    sate satpol sawangan scaling scarlett scoopy scoot sd seabank seattle seblak seiko seminyak
    senayan senen senggigi sentul seoul sepatu sequis serang serpong serum setiabudhi setiabudi
    seventeen sgd sgm shanghai shein shell shenzhen sherlock shio shopeefood shopeepay shopify
    siantar sidoarjo signal sigra sikh siloam silver sim simpang simpati singapura singaraja
    singkawang singosari sinopharm sinovac siomay siri sith situbondo skintific skype skywalker
    slack sleman slytherin sma smk smp snapchat sociolla somethinc sony soreang sorong sosro
    soto spain spanyol sparta spartacus spartan spaylater spg spider-man spiderman sprite spurs
    spx sragen staf starbucks stasiun stnk stockbit stockholm stray studio subang subhanallah
    sukabumi sukajadi sukawati sulsel sulteng sulut sumbar sumbawa sumedang sumenep summarecon
    sumsel sumut sundanese sungai sunlight sunni sunscreen sunsilk superadmin superindo supra
    sushi susu suzuki swahili swastiastu sweety swift swiftie sydney syiah tabanan tagalog
    tahajud tahu taipei taiwan taman tambun tamil tanah tandes tangsel tanjungpinang taobao
    tapcash tarakan tarawih tasik tasikmalaya taspen tb tbc teams tebet tecno teh-botol telkom
    telur temanggung tempe temu terios terminal ternate tesla texas thamrin thor threads tidore
    tifus tiket tiki tiktokshop timika timnas tinder tiongkok tipe tipes titanic tk tki tkw tni
    tokocrypto tomohon toner toronto tosca toshiba tottenham tower toyota transjakarta transmart
    traveloka trawangan trenggalek trisakti trivago tuban tulungagung tumor turin type
    typescript uae ub ubud ubuntu udang ugd ugm ui uin ujungberung uk ukraina ukraine ukuran
    umkm unair unand undip ungaran ungu unhas unila unilever uniqlo univ universitas university
    unj unpad unpar uns unsri uob upi urat urdu usa usd usdt users usu vaccine vader vaksin
    valentine vancouver vans vario vespa vidio vienna viking villa vit viu vixion volkswagen
    volvo voucher vvip vw wahana waisak walikota wamena wardah warriors waru warung wates
    watsons wechat welsh wetv whitelab whoosh wings wolverine wom wonogiri wonokromo wonosobo
    word wordpress wota wuling xbox xenia xpander xs xxl xxxl yahoo yakult yamaha yankee yaris
    yen yesus york zalora zara zealand zodiac zoom zuhur zurich
    """
)
"""As everyday words: names only behind "my name is" and its like."""
